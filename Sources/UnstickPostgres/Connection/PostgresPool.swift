import Synchronization
import UnstickSQL

typealias PostgresPool = ConnectionPool<PostgresConnection>

extension ConnectionPool<PostgresConnection> {
    /// - Parameters:
    ///   - url: a connection URI or string, with everything that libpq knows.
    ///   - limits: the bounds of the pool.
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

    /// Once a statement that was prepared was not there: a pooler is between us and the server.
    func end() { self.state.withLock { $0 = false } }
}
