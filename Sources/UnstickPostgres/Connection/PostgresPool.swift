import Foundation
import NIOPosix
import Synchronization
import Unstick

/// A bounded set of connections and the threads that they block.
///
/// A connection is leased to one caller at a time. Callers that find none free wait in line, for a bounded time. One that
/// broke is thrown away; the next lease makes a new one, trying again with growing pauses while the server restarts. One
/// that nobody needed for a while is closed, so that the server has connections for others.
final class PostgresPool: Sendable {
    /// A connection that nobody uses.
    private struct Idle {
        let connection: PostgresConnection
        let since = ContinuousClock.now
    }

    private struct State {
        /// Those that were used last are at the end, and are used first.
        var idle: [Idle] = []
        /// Whether somebody watches for those that are idle for too long.
        var isShrinking = false
        /// Connections that exist or are being made.
        var open = 0
        var waiting: [(id: Int, caller: CheckedContinuation<PostgresConnection?, any Error>)] = []
        var nextID = 0
        /// Off once a statement that was prepared was not there: a pooler is between us and the server.
        var prepares = true
        var isClosed = false
    }

    private let url: String
    private let limits: PostgresStore.PoolLimits
    private let threads: NIOThreadPool
    private let state = Mutex(State())

    init(url: String, limits: PostgresStore.PoolLimits) {
        self.url = url
        self.limits = limits
        // One more than connections: a cancellation must not wait for what it is to cancel.
        self.threads = NIOThreadPool(numberOfThreads: limits.connections + 1)
        self.threads.start()
    }

    deinit { self.threads.shutdownGracefully { _ in } }

    /// Runs a body on a thread of its own with a connection of its own.
    ///
    /// When the task is cancelled the statement under way is cancelled too, and `CancellationError` is thrown.
    ///
    /// - Throws: `PostgresError`, `CancellationError`, or `UnstickError` `databaseUnavailable` when none came free in time.
    func withConnection<Value: Sendable>(
        _ body: @Sendable @escaping (PostgresConnection) throws -> Value
    ) async throws -> Value {
        let connection = try await self.lease()
        let canceller = connection.canceller
        do {
            let value = try await withTaskCancellationHandler {
                try await self.threads.runIfActive { try body(connection) }
            } onCancel: {
                self.threads.submit { _ in canceller.cancel() }
            }
            self.giveBack(connection)
            return value
        } catch {
            self.giveBack(connection)
            if let error = error as? PostgresError, error.isAboutPreparing {
                self.state.withLock { $0.prepares = false }
            }
            if Task.isCancelled, (error as? PostgresError)?.sqlState == "57014" { throw CancellationError() }
            throw error
        }
    }

    /// Ends every connection: those at work when they are given back.
    func close() {
        let (idle, waiting) = self.state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiting) = ([], []) }
            return (state.idle, state.waiting)
        }
        withExtendedLifetime(idle) {}
        for waiter in waiting { waiter.caller.resume(throwing: Self.closed) }
    }

    var counts: ConnectionCounts {
        self.state.withLock { state in
            ConnectionCounts(
                idle: state.idle.count,
                busy: state.open - state.idle.count,
                waiting: state.waiting.count
            )
        }
    }

    private static let closed = UnstickError(.databaseUnavailable, "The database was closed.")

    private func lease() async throws -> PostgresConnection {
        while true {
            enum Turn {
                case ready(PostgresConnection)
                case connect
                case wait(Int)
            }
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
                let mayPrepare = self.state.withLock { $0.prepares }
                if connection.isAlive, mayPrepare || !connection.prepares { return connection }
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
    /// - Returns: a connection; `nil` when there is room to make one.
    private func wait(_ id: Int) async throws -> PostgresConnection? {
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
                let answer: Result<PostgresConnection?, any Error>? = self.state.withLock { state in
                    if state.isClosed { return .failure(Self.closed) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    // One may have come free since.
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

    private func giveBack(_ connection: PostgresConnection) {
        guard connection.isUsable else { return self.forget() }
        let (caller, shrinks) = self.state.withLock { state in
            guard !state.isClosed else {
                state.open -= 1
                return (nil as CheckedContinuation<PostgresConnection?, any Error>?, false)
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

    /// Closes the connections that nobody has needed for too long.
    ///
    /// - Returns: when to look again; `nil` when only one is left.
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
        // Closed outside of the lock: that sends a message.
        withExtendedLifetime(closed) {}
        return wait
    }

    /// A connection is gone: whoever waits may make another one.
    private func forget() {
        let caller = self.state.withLock { state in
            state.open -= 1
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst().caller
        }
        caller?.resume(returning: nil)
    }

    private func connect() async throws -> PostgresConnection {
        let giveUp = ContinuousClock.now + self.limits.patience
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let (url, prepares) = (self.url, self.state.withLock { $0.prepares })
                return try await self.threads.runIfActive { try PostgresConnection(url: url, prepares: prepares) }
            } catch PostgresError.unreachable(let reason) {
                guard Self.mayPass(reason), ContinuousClock.now + pause < giveUp else {
                    throw PostgresError.unreachable(reason)
                }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    /// A refusal that waiting does not mend, for example of a password, is told at once.
    private static func mayPass(_ reason: String) -> Bool {
        guard reason != PostgresConnection.unreadable else { return false }
        guard reason.contains("FATAL") else { return !reason.contains("certificate") }
        return ["start", "shut", "recover", "too many", "slots"].contains { reason.contains($0) }
    }
}
