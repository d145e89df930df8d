import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// What SIGTERM and SIGINT do to a server.
///
/// While it starts it ends at once: there is nothing to end in good order. Once it serves it stops in good order, but in a
/// bounded time: a database that does not answer must not keep it. Who sends a second signal does not want to wait.
final class Stopping: Sendable {
    private enum State {
        case starting
        case serving(ServiceGroup)
        case stopping
    }

    /// How long a stop waits for calls that are being answered, and for the batch in hand.
    static let gracePeriod = Duration.seconds(30)
    /// How much longer what does not answer is waited for.
    private static let grace = Duration.seconds(5)

    private let state = Mutex(State.starting)
    private let logger: Logger
    private let sleep: @Sendable (Duration) -> Void
    private let exit: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - logger: where a stop that took too long is told.
    ///   - sleep: waits on a thread of its own.
    ///   - exit: ends the process.
    init(
        logger: Logger,
        sleep: @escaping @Sendable (Duration) -> Void = { Thread.sleep(forTimeInterval: $0 / .seconds(1)) },
        exit: @escaping @Sendable (Int32) -> Void = { _exit($0) }
    ) {
        self.logger = logger
        self.sleep = sleep
        self.exit = exit
    }

    /// Runs a body while signals stop it.
    func whileListening<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let listening = Task { for await _ in signals { await self.received() } }
        defer { listening.cancel() }
        return try await body()
    }

    /// Whether a signal stops it in good order.
    var isServing: Bool {
        self.state.withLock { state in if case .serving = state { true } else { false } }
    }

    /// Runs the services; from now on a signal stops them in good order.
    func run(_ group: ServiceGroup) async throws {
        self.state.withLock { $0 = .serving(group) }
        try await group.run()
    }

    /// A signal came.
    func received() async {
        let state = self.state.withLock { state in
            defer { state = .stopping }
            return state
        }
        switch state {
        case .starting: self.exit(0)
        case .serving(let group):
            self.endWhenLate()
            await group.triggerGracefulShutdown()
        case .stopping: self.exit(Exit.incomplete.rawValue)
        }
    }

    /// On threads of their own: whatever hangs must not hang this.
    private func endWhenLate() {
        Thread.detachNewThread {
            self.sleep(Self.gracePeriod + Self.grace)
            Thread.detachNewThread {
                self.logger.critical(
                    "The shutdown took too long, for example because the database does not answer; the process ends now"
                )
            }
            self.sleep(.milliseconds(100))
            self.exit(Exit.incomplete.rawValue)
        }
    }
}
