import Synchronization

/// One caller's use of a connection.
///
/// A cancellation must not outlive it: the next statement belongs to another caller.
final class ConnectionUse<Connection: PooledConnection>: Sendable {
    private enum Phase {
        case waiting
        case running
        case cancelled
        case ended
    }

    private let connection: Connection
    private let phase = Mutex(Phase.waiting)

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// Runs a body.
    ///
    /// - Throws: `CancellationError` if the use was cancelled before.
    func run<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try self.phase.withLock { phase in
            guard phase == .waiting else { throw CancellationError() }
            phase = .running
        }
        // This waits while a cancellation is being sent to the server.
        defer { self.phase.withLock { $0 = .ended } }
        return try body(self.connection)
    }

    /// Stops the body, or prevents its start; it blocks.
    func cancel() {
        self.phase.withLock { phase in
            switch phase {
            case .waiting: phase = .cancelled
            case .running: self.connection.cancel()
            case .cancelled, .ended: break
            }
        }
    }
}
