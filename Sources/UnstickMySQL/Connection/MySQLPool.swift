import UnstickSQL

typealias MySQLPool = ConnectionPool<MySQLConnection>

extension ConnectionPool<MySQLConnection> {
    /// - Parameters:
    ///   - url: `mysql://…` or `mariadb://…`.
    ///   - limits: the bounds of the pool.
    ///   - names: what Unstick's own tables are called there.
    convenience init(url: String, limits: PoolLimits, names: TableNames) {
        self.init(limits: limits) { try MySQLConnection(url: url, names: names) }
    }
}
