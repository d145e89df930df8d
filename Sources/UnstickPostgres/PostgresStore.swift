import Synchronization
public import Unstick
public import UnstickSQL

/// The store for several machines: a PostgreSQL database, version 14 or later.
///
/// It plays every role of a store. Any number of processes may work on one database: the database's clock decides what
/// is stuck, runs that run side by side share the work, and whoever waits for a connection waits for a bounded time. It
/// works behind PgBouncer in transaction mode.
public final class PostgresStore: SQLStore {
    /// How many connections there are at most, and how long callers wait.
    public typealias PoolLimits = UnstickSQL.PoolLimits
    /// What to do when Unstick's own tables are not there, or not those of this version.
    public typealias Missing = MissingTables

    /// How long one statement may take.
    static let statementLimit = ServerLimits.statement
    /// How long one statement over all of the data may take.
    static let longLimit = ServerLimits.long

    let pool: PostgresPool
    package let map: ResolvedTables
    private let ownTables: Mutex<Bool>

    /// Connects, and checks that the server can do what is asked of it.
    ///
    /// - Parameters:
    ///   - url: a connection URI (`postgres://…`) or string, with everything that libpq knows.
    ///   - limits: the bounds of the connection pool.
    ///   - missing: what to do when Unstick's own tables are not there.
    /// - Throws: ``Unstick/UnstickError`` `databaseUnavailable` when it cannot be reached or is a read-only standby,
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

    /// The oldest server whose SQL is spoken here.
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

    /// What about the server's settings puts money at risk, in words; empty when nothing does.
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

    /// The database's clock.
    public func now() async throws -> Timestamp {
        try await self.once([SQLCall("SELECT :now AS now")]) { try $0[0].only().timestamp(required: "now") }
    }

    /// Whether Unstick's own tables are there; once they are, they stay.
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

    /// Ends every connection: those at work when they are done.
    public func close() throws {
        self.pool.close()
    }

    /// How many connections there are.
    public var connections: ConnectionCounts? { self.pool.counts }

    /// Runs calls in one round trip, in a transaction of their own.
    ///
    /// When the connection is lost they are run again, once: only for what may be repeated.
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
        ifUnknown: Unknown<Value> = .tell,
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
    /// The migrations as a script, for those who apply them by themselves.
    ///
    /// - Parameter role: a role that is granted what everything but migrations needs.
    public static func migrationScript(role: String? = nil) -> String {
        PostgresMigrations.script + (role.map { "\n\n" + PostgresSchema.grants(to: $0) } ?? "")
    }

    /// Grants a role what everything but migrations needs: the ledger can be read and added to, never changed.
    public func grantRights(to role: String) async throws {
        try await PostgresMigrations(pool: self.pool).grant(to: role)
    }
}
