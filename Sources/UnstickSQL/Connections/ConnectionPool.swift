import NIOPosix
import Synchronization
package import Unstick

/// A bounded set of connections and the threads that they block.
///
/// One caller at a time leases a connection. Callers that find none free wait in line, for a bounded time. A broken
/// connection is dropped; the next lease opens a new one, and retries with growing pauses while the server restarts. A
/// connection that was idle for a while is closed, so that the server has connections for others.
package final class ConnectionPool<Connection: PooledConnection>: Sendable {
    /// An idle connection.
    private struct Idle {
        let connection: Connection
        let since = ContinuousClock.now
    }

    /// The next step of a caller that requests a connection.
    private enum Turn {
        case ready(Connection)
        case connect
        case wait(Int)
    }

    private struct State {
        /// The most recently used one is last, and is used first.
        var idle: [Idle] = []
        /// Whether a task closes connections that are idle for too long.
        var isShrinking = false
        /// Connections that exist or are being opened.
        var open = 0
        var waiting: [(id: Int, caller: CheckedContinuation<Connection?, any Error>)] = []
        var nextID = 0
        var isClosed = false
    }

    private let limits: PoolLimits
    private let makeConnection: @Sendable () throws -> Connection
    private let threads: NIOThreadPool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limits: the number of connections, and how long callers wait.
    ///   - makeConnection: connects; it blocks its thread.
    package init(limits: PoolLimits, makeConnection: @Sendable @escaping () throws -> Connection) {
        self.limits = limits
        self.makeConnection = makeConnection
        // One more than the connections: a cancellation must not wait for the statement that it cancels.
        self.threads = NIOThreadPool(numberOfThreads: limits.connections + 1)
        self.threads.start()
    }

    deinit { self.threads.shutdownGracefully { _ in } }

    /// Runs a body on its own thread with its own connection.
    ///
    /// When the task is cancelled, its current statement is cancelled too, and `CancellationError` is thrown.
    ///
    /// - Throws: `Connection.Failure`, `CancellationError`, or `UnstickError` `databaseUnavailable` when no connection
    ///   became free in time.
    package func withConnection<Value: Sendable>(
        _ body: @Sendable @escaping (Connection) throws -> Value
    ) async throws -> Value {
        let connection = try await self.lease()
        let use = ConnectionUse(connection)
        defer { self.release(connection) }
        do {
            return try await withTaskCancellationHandler {
                try await self.threads.runIfActive { try use.run(body) }
            } onCancel: {
                self.threads.submit { _ in use.cancel() }
            }
        } catch let error as Connection.Failure where error.isCancellation && Task.isCancelled {
            throw CancellationError()
        }
    }

    /// Closes every connection; one in use closes when its caller returns it.
    package func close() {
        let (idle, waiting) = self.state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiting) = ([], []) }
            return (state.idle, state.waiting)
        }
        withExtendedLifetime(idle) {}
        for waiter in waiting { waiter.caller.resume(throwing: Self.closed) }
    }

    package var counts: ConnectionCounts {
        self.state.withLock { state in
            ConnectionCounts(
                idle: state.idle.count,
                busy: state.open - state.idle.count,
                waiting: state.waiting.count
            )
        }
    }

    private static var closed: UnstickError { UnstickError(.databaseUnavailable, "The database was closed.") }

    private func lease() async throws -> Connection {
        while true {
            let turn = try self.state.withLock { state in
                guard !state.isClosed else { throw Self.closed }
                if let idle = state.idle.popLast() { return Turn.ready(idle.connection) }
                if state.open < self.limits.connections {
                    state.open += 1
                    return .connect
                }
                state.nextID += 1
                return .wait(state.nextID)
            }
            switch turn {
            case .ready(let connection):
                if connection.isAlive { return connection }
                self.forget()
            case .connect:
                do { return try await self.connect() } catch {
                    self.forget()
                    throw error
                }
            case .wait(let id):
                if let connection = try await self.wait(id) { return connection }
            }
        }
    }

    /// Waits in line.
    ///
    /// - Returns: a connection; `nil` when there is room to open one.
    private func wait(_ id: Int) async throws -> Connection? {
        let timer = Task {
            try await Task.sleep(for: self.limits.wait)
            self.drop(
                id,
                UnstickError(
                    .databaseUnavailable,
                    "All \(self.limits.connections) connections to the database were busy for \(self.limits.wait.text). "
                        + "Try again, or allow more with DATABASE_POOL_SIZE."
                )
            )
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { caller in
                let answer: Result<Connection?, any Error>? = self.state.withLock { state in
                    if state.isClosed { return .failure(Self.closed) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    // One may have become free since.
                    if let idle = state.idle.popLast() { return .success(idle.connection) }
                    if state.open < self.limits.connections { return .success(nil) }
                    state.waiting.append((id, caller))
                    return nil
                }
                if let answer { caller.resume(with: answer) }
            }
        } onCancel: {
            self.drop(id, CancellationError())
        }
    }

    private func drop(_ id: Int, _ error: any Error) {
        let caller = self.state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).caller }
        }
        caller?.resume(throwing: error)
    }

    private func release(_ connection: Connection) {
        guard connection.isUsable else { return self.forget() }
        let (caller, shrinks) = self.state.withLock { state in
            guard !state.isClosed else {
                state.open -= 1
                return (nil as CheckedContinuation<Connection?, any Error>?, false)
            }
            guard state.waiting.isEmpty else { return (state.waiting.removeFirst().caller, false) }
            state.idle.append(Idle(connection: connection))
            defer { if state.open > 1 { state.isShrinking = true } }
            return (nil, state.open > 1 && !state.isShrinking)
        }
        caller?.resume(returning: connection)
        guard shrinks else { return }
        Task { [weak self] in
            while let wait = self?.closeIdle() { try? await Task.sleep(for: wait) }
        }
    }

    /// Closes the connections that were idle for too long.
    ///
    /// - Returns: when to check again; `nil` when only one is left.
    private func closeIdle() -> Duration? {
        let now = ContinuousClock.now
        let (closed, wait) = self.state.withLock { state in
            let limit = self.limits.idle
            let expired = state.idle.prefix { now - $0.since >= limit }.prefix(max(state.open - 1, 0))
            let closed = Array(expired)
            state.idle.removeFirst(closed.count)
            state.open -= closed.count
            state.isShrinking = state.open > 1 && !state.isClosed
            guard state.isShrinking else { return (closed, nil as Duration?) }
            let next = state.idle.first.map { limit - (now - $0.since) } ?? limit
            return (closed, max(next, .milliseconds(1)))
        }
        // Closed outside the lock, because that sends a message.
        withExtendedLifetime(closed) {}
        return wait
    }

    /// A connection is gone: the caller that has waited longest may open another one.
    private func forget() {
        let caller = self.state.withLock { state in
            state.open -= 1
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst().caller
        }
        caller?.resume(returning: nil)
    }

    private func connect() async throws -> Connection {
        let giveUp = ContinuousClock.now + self.limits.gracePeriod
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await self.threads.runIfActive(self.makeConnection)
            } catch let error as Connection.Failure {
                guard error.mayConnectLater, ContinuousClock.now + pause < giveUp else { throw error }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }
}
