import AsyncHTTPClient
import Logging
public import ServiceLifecycle
import Synchronization

extension HeartbeatMonitor: Service {
    /// Sends pings until the monitor is shut down, by ``shutdown()`` or by a service group, or the task is cancelled.
    ///
    /// A second call only waits for that.
    public func run() async {
        guard self.isRunning.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            return await self.ended.wait()
        }
        await withGracefulShutdownHandler {
            await self.sendUntilClosed()
        } onGracefulShutdown: {
            self.close()
        }
        self.ended.open()
    }

    /// Takes no more pings, sends the waiting ones for at most 3 s, and then returns.
    ///
    /// It sends them by itself when ``run()`` was never called.
    public func shutdown() async {
        self.close()
        await self.run()
    }

    private func close() {
        self.queue.finish()
        self.closing.open()
    }

    private func sendUntilClosed() async {
        let client = HeartbeatSender.client(timeout: self.limits.timeout)
        let sender = HeartbeatSender(url: self.url, limits: self.limits, client: client, logger: self.logger)
        await withTaskGroup { group in
            group.addTask {
                await self.sendAll(with: sender)
                self.close()
            }
            group.addTask {
                await self.closing.wait()
                // Cancelled when all are sent before.
                try? await Task.sleep(for: self.limits.gracePeriod)
            }
            await group.next()
            group.cancelAll()
        }
        // Not awaited: a peer that hangs can delay the end of a TLS connection for seconds.
        client.shutdown { _ in }
    }

    private func sendAll(with sender: HeartbeatSender) async {
        var unsent = 0
        for await ping in self.pings {
            guard !Task.isCancelled, await sender.send(ping) else {
                unsent += 1
                continue
            }
        }
        guard unsent > 0 else { return }
        self.logger.warning(
            "The monitor was shut down before all pings were sent",
            metadata: ["host": "\(self.url.host)", "pings": .stringConvertible(unsent)]
        )
    }
}

/// Lets tasks wait until something has happened, once.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Wakes all tasks that wait now or later.
    func open() {
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until it is open; cancellation does not end this.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
