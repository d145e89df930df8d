import Synchronization
public import Unstick
public import UnstickSQL

/// The store for several machines: a PostgreSQL database, version 14 or later.
///
/// It has every role of a store. Any number of processes may work on one database: the database's clock decides what is
/// stuck, concurrent runs share the work, and a caller waits for a connection for a bounded time. It works behind
/// PgBouncer in transaction mode.
public final class PostgresStore: SQLStore {
    /// The size of a pool, and how long callers wait.
    public typealias PoolLimits = UnstickSQL.PoolLimits
    /// What to do when Unstick's own tables are missing, or have another version.
    public typealias Missing = MissingTables

    /// The time limit of one statement.
    static let statementLimit = ServerLimits.statement
    /// The time limit of one statement over all of the data.
    static let longLimit = ServerLimits.long

    let pool: PostgresPool
    package let map: ResolvedTables
    private let ownTables: Mutex<Bool>

    /// Connects, and checks that the server is supported.
    ///
    /// - Parameters:
    ///   - url: a connection URI (`postgres://…`) or string, with all parameters of libpq.
    ///   - limits: the limits of the connection pool.
    ///   - missing: what to do when Unstick's own tables are missing.
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when it cannot be reached or is a read-only standby,
    ///   `schemaMismatch` when a newer version of Unstick made the tables.
    public convenience init(
        url: String,
        limits: PoolLimits = PoolLimits(),
        missing: Missing = .migrate
    ) async throws {
        try await self.init(pool: PostgresPool(url: url, limits: limits), map: .own(.postgres), missing: missing)
    }

    init(
        pool: PostgresPool,
        map: ResolvedTables,
        missing: Missing,
        checks: Bool = true
    ) async throws {
        self.pool = pool
        self.map = map
        self.ownTables = Mutex(map.searchPath == nil)
        if checks { try await self.checkServer() }
        guard missing == .migrate else { return }
        try await PostgresMigrations(pool: pool).migrate()
        try await self.makeSource()
    }

    /// The oldest supported server.
    private static let oldestVersion = 140_000

    private func checkServer() async throws {
        let sql = """
            SELECT current_setting('server_version_num')::int AS version,
                current_setting('transaction_read_only') = 'on' AS is_read_only
            """
        try await self.once([SQLCall(sql)]) { results in
            let row = results[0].first
            let version = row?.integer("version") ?? 0
            guard version >= Self.oldestVersion else {
                throw UnstickError(
                    .databaseUnavailable,
                    "The server is PostgreSQL \(version / 10_000). Unstick needs 14 or later."
                )
            }
            if row?.flag("is_read_only") == true {
                let standby = PostgresError.refused(.init(sqlState: "25006", message: "read-only", constraint: nil))
                throw UnstickError(.databaseUnavailable, UnstickError(standby).message)
            }
        }
    }

    /// Settings of the server that put money at risk, as text; empty when there are none.
    public func warnings() async throws -> [String] {
        let sql = "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits"
        return try await self.once([SQLCall(sql)]) { results in
            let row = results[0].first
            return [
                row?.text("fsync") == "off"
                    ? "fsync is off: a power cut can damage the database and lose refunds. Turn it on." : nil,
                row?.text("commits") == "off"
                    ? "synchronous_commit is off: the last refunds before a crash can be lost. Turn it on for this role."
                    : nil,
            ].compactMap { $0 }
        }
    }

    /// Whether Unstick's own tables exist; once they do, they stay.
    package var hasOwnTables: Bool {
        get async throws {
            if self.ownTables.withLock({ $0 }) { return true }
            let sql = "SELECT to_regclass('unstick.sources') IS NOT NULL AS known"
            let known = try await self.query(sql, [:]) { $0.flag("known") }[0]
            self.ownTables.withLock { $0 = known }
            return known
        }
    }

    /// Whether the database answers and has the schema of this version.
    public func checkReady() async throws {
        try await PostgresMigrations(pool: self.pool).check()
    }

    /// Closes every connection, those in use when their work is done.
    public func close() throws {
        self.pool.close()
    }

    /// The number of connections.
    public var connections: ConnectionCounts? { self.pool.counts }

    /// Runs calls in one round trip, in their own transaction.
    ///
    /// When the connection is lost they run again, once: only for calls that may be repeated.
    func once<Value: Sendable>(
        _ calls: [SQLCall],
        limit: Duration = PostgresStore.statementLimit,
        settings: PostgresTransaction.Settings = .standard,
        _ read: @Sendable @escaping ([PostgresResult]) throws -> Value
    ) async throws -> Value {
        try await self.pool.once { connection in
            let results = try connection.send(
                [PostgresTransaction.settings(settings, limit: limit)] + calls,
                limit: limit
            )
            return try read(Array(results.dropFirst()))
        }
    }

    /// Runs a transaction; see ``UnstickSQL/ConnectionPool``.
    func transact<Value: Sendable>(
        ifUnknown: Unknown<Value> = .fail,
        mode: String = "",
        limit: Duration = PostgresStore.statementLimit,
        _ body: @Sendable @escaping (PostgresTransaction) throws -> Value
    ) async throws -> Value {
        try await self.pool.transact(ifUnknown: ifUnknown) { connection in
            PostgresTransaction(on: connection, mode: mode, limit: limit)
        } _: {
            try body($0)
        }
    }
}

extension PostgresStore {
    /// The migrations as a script, for operators who apply them themselves.
    ///
    /// - Parameter role: a role that receives every right except those for migrations.
    public static func migrationScript(role: String? = nil) -> String {
        PostgresMigrations.script + (role.map { "\n\n" + PostgresSchema.grants(to: $0) } ?? "")
    }

    /// Grants a role every right except those for migrations: the ledger can be read and appended to, never changed.
    public func grantRights(to role: String) async throws {
        try await PostgresMigrations(pool: self.pool).grant(to: role)
    }
}
