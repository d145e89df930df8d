import Synchronization
import UnstickSQL

typealias PostgresPool = ConnectionPool<PostgresConnection>

extension ConnectionPool<PostgresConnection> {
    /// - Parameters:
    ///   - url: a connection URI or string, with all parameters of libpq.
    ///   - limits: the limits of the pool.
    convenience init(url: String, limits: PoolLimits) {
        let preparing = PostgresPreparing()
        self.init(limits: limits) { try PostgresConnection(url: url, preparing: preparing) }
    }
}

/// Whether the connections of a pool prepare statements under their names.
package final class PostgresPreparing: Sendable {
    private let state = Mutex(true)

    package init() {}

    var isOn: Bool { self.state.withLock { $0 } }

    /// Called when a prepared statement was missing: a pooler is between the client and the server.
    func end() { self.state.withLock { $0 = false } }
}
