public import Unstick
public import UnstickSQL

/// The store for several machines over MariaDB 10.6 or later, or MySQL 8.0 or later.
///
/// Any number of processes may work on one database: the database's clock decides what is stuck, and concurrent runs
/// share the work. A caller waits for a connection for a bounded time.
public final class MySQLStore: SQLStore {
    /// The size of a pool, and how long callers wait.
    public typealias PoolLimits = UnstickSQL.PoolLimits
    /// What to do when Unstick's own tables are missing, or have another version.
    public typealias Missing = MissingTables

    let pool: MySQLPool
    package let map: ResolvedTables
    private let migrations: MySQLMigrations

    /// Connects, and checks that the server is supported.
    ///
    /// - Parameters:
    ///   - url: `mysql://USER:PASSWORD@HOST:PORT/DATABASE` or `mariadb://…`. The parameters are `ssl-mode` (`disabled`,
    ///     `preferred`, `required` or `verify-identity`), `ssl-ca`, `ssl-cert`, `ssl-key` and `socket`.
    ///   - limits: the limits of the connection pool.
    ///   - missing: what to do when Unstick's own tables are missing.
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when it cannot be reached or is too old, `databaseUnusable` when
    ///   it is read-only, has no InnoDB or the wrong binary log, `schemaMismatch` when a newer version of Unstick made the
    ///   tables.
    public init(url: String, limits: PoolLimits = PoolLimits(), missing: Missing = .migrate) async throws {
        self.pool = MySQLPool(url: url, limits: limits, names: MySQLDialect.names)
        let dialect = MySQLDialect(collation: try await self.pool.once { $0.server.collation })
        self.map = .own(dialect)
        self.migrations = MySQLMigrations(pool: self.pool, dialect: dialect)
        try await self.checkServer()
        guard missing == .migrate else { return }
        try await self.migrations.migrate()
    }

    /// Whether the database answers and has the schema of this version.
    public func checkReady() async throws {
        try await self.migrations.check()
    }

    /// Closes every connection, those in use when their work is done.
    public func close() throws {
        self.pool.close()
    }

    /// The number of connections.
    public var connections: ConnectionCounts? { self.pool.counts }

    /// Runs calls, each in its own transaction.
    ///
    /// When the connection is lost they run again, once: only for calls that may be repeated.
    func once<Value: Sendable>(
        _ calls: [SQLCall],
        limit: Duration = ServerLimits.statement,
        _ read: @Sendable @escaping ([MySQLResult]) throws -> Value
    ) async throws -> Value {
        try await self.pool.once { try read($0.send(calls, limit: limit)) }
    }

    /// Runs a transaction; see ``UnstickSQL/ConnectionPool``.
    func transact<Value: Sendable>(
        ifUnknown: Unknown<Value> = .fail,
        mode: MySQLTransaction.Mode = .standard,
        limit: Duration = ServerLimits.statement,
        _ body: @Sendable @escaping (MySQLTransaction) throws -> Value
    ) async throws -> Value {
        try await self.pool.transact(ifUnknown: ifUnknown) { connection in
            MySQLTransaction(on: connection, mode: mode, limit: limit)
        } _: {
            try body($0)
        }
    }

    /// The migrations as a script for this server, for operators who apply them themselves.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when it cannot be reached.
    public static func migrationScript(url: String, role: String? = nil) async throws -> String {
        let store = try await MySQLStore(url: url, missing: .leave)
        defer { try? store.close() }
        return store.migrations.script(grantsTo: role)
    }

    /// Grants a user or a role what everything but migrations needs: the ledger can be read and added to, never changed.
    ///
    /// - Parameter role: `NAME`, or `NAME@HOST` for a user of one host.
    /// - Throws: ``Unstick/UnstickError`` `databaseUnusable` when the connection may not grant, or there is no such user or
    ///   role.
    public func grantRights(to role: String) async throws {
        try await self.migrations.grant(to: role)
    }
}
