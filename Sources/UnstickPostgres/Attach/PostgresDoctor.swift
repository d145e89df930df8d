public import Unstick
import UnstickSQL

/// Checks a PostgreSQL server, and the tables of a mapping, and reports problems.
///
/// It changes nothing.
public struct PostgresDoctor: Sendable {
    private let pool: PostgresPool
    private let mapping: MappingFile?
    private let preset: Preset?
    private let policy: Policy

    /// - Parameters:
    ///   - url: a connection URI or string.
    ///   - mapping: the tables to check; `nil` checks Unstick's own.
    ///   - preset: the preset of the mapping, if any.
    ///   - policy: the rules that decide which jobs are stuck.
    public init(url: String, mapping: MappingFile? = nil, preset: Preset? = nil, policy: Policy = Policy()) {
        self.pool = PostgresPool(url: url, limits: PostgresStore.PoolLimits(connections: 2))
        self.mapping = mapping
        self.preset = preset
        self.policy = policy
    }

    /// The results of all checks.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when the database cannot be reached at all.
    public func examine() async throws -> [Finding] {
        defer { self.pool.close() }
        let findings = try await self.server() + [self.ownTables()]
        guard let mapping else { return findings }
        let compiler = try await MappingCompiler(
            mapping,
            preset: self.preset,
            from: PostgresCatalogue(pool: self.pool),
            dialect: .postgres
        )
        let doctor = Doctor(compiler, self.policy) { tables in
            try await PostgresStore(pool: self.pool, map: tables, missing: .leave, checks: false)
        }
        return try await findings + doctor.examine()
    }

    // MARK: The server

    private func server() async throws -> [Finding] {
        let sql = """
            SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
                pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only') = 'on' AS is_read_only,
                current_setting('fsync') = 'off' AS no_fsync,
                current_setting('synchronous_commit') = 'off' AS lazy_commit, current_setting('TimeZone') AS zone,
                current_user AS role,
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_super
            """
        let clock = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS clock"
        let findings = try await self.pool.rows(sql) { row in
            var findings = [
                Finding(.ok, "connection", "PostgreSQL \(row.text("version") ?? "?") as \(row.text("role") ?? "?")")
            ]
            if (row.integer("number") ?? 0) < 140_000 {
                findings.append(Finding(.error, "version", "Unstick needs PostgreSQL 14 or later"))
            }
            findings.append(
                row.flag("is_standby") || row.flag("is_read_only")
                    ? Finding(
                        .error,
                        "primary",
                        "this is a read-only standby",
                        advice: "List all hosts and add target_session_attrs=read-write."
                    ) : Finding(.ok, "primary", "this server accepts writes")
            )
            if row.flag("no_fsync") {
                findings.append(
                    Finding(.warning, "fsync", "is off: a power cut can lose refunds", advice: "Turn it on.")
                )
            }
            if row.flag("lazy_commit") {
                findings.append(
                    Finding(
                        .warning,
                        "synchronous_commit",
                        "is off: the last refunds before a crash can be lost",
                        advice: "ALTER ROLE … SET synchronous_commit = on;"
                    )
                )
            }
            if row.flag("is_super") {
                findings.append(
                    Finding(
                        .warning,
                        "role",
                        "is a superuser, which has far more rights than needed",
                        advice: "Create a role for Unstick; 'unstick migrate --role NAME' grants the rights it needs."
                    )
                )
            }
            findings.append(
                Finding(.ok, "time zone", "the session's is \(row.text("zone") ?? "?"); nothing depends on it")
            )
            return findings
        }
        return try await findings.flatMap(\.self) + [
            Finding.clock { try await self.pool.rows(clock) { Timestamp(milliseconds: $0.integer("clock") ?? 0) }[0] }
        ]
    }

    private func ownTables() async throws -> Finding {
        try await Finding.ownTables("tables unstick.…", isMapped: self.mapping != nil) {
            try await PostgresMigrations(pool: self.pool).check()
        }
    }
}

extension PostgresPool {
    /// The rows of a statement that only reads.
    fileprivate func rows<Value: Sendable>(
        _ sql: String,
        _ read: @Sendable @escaping (any StoredRow) -> Value
    ) async throws -> [Value] {
        try await PostgresPool.repeating {
            try await self.withConnection { connection in
                try connection.send([SQLCall(sql)], limit: PostgresStore.statementLimit)[0].rows.map(read)
            }
        }
    }
}
