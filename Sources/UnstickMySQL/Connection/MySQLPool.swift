import UnstickSQL

typealias MySQLPool = ConnectionPool<MySQLConnection>

extension ConnectionPool<MySQLConnection> {
    /// - Parameters:
    ///   - url: `mysql://…` or `mariadb://…`.
    ///   - limits: the limits of the pool.
    ///   - names: the names of Unstick's own tables there.
    convenience init(url: String, limits: PoolLimits, names: TableNames) {
        self.init(limits: limits) { try MySQLConnection(url: url, names: names) }
    }
}
