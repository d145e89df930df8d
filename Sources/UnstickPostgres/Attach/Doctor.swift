import Foundation
public import Unstick
import UnstickSQL

/// Looks at a database, and at the tables of a mapping, and says what would go wrong.
///
/// It changes nothing.
public struct Doctor: Sendable {
    private let pool: PostgresPool
    private let mapping: MappingFile?
    private let preset: Preset?
    private let policy: Policy

    /// - Parameters:
    ///   - url: a connection URI or string.
    ///   - mapping: the tables to look at; `nil` looks at Unstick's own.
    ///   - preset: the queue that the mapping came from.
    ///   - policy: what is stuck by.
    public init(url: String, mapping: MappingFile? = nil, preset: Preset? = nil, policy: Policy = Policy()) {
        self.pool = PostgresPool(url: url, limits: PostgresStore.PoolLimits(connections: 2))
        self.mapping = mapping
        self.preset = preset
        self.policy = policy
    }

    /// Everything that was looked at.
    ///
    /// - Throws: ``Unstick/UnstickError`` `databaseUnavailable` when the database cannot be reached at all.
    public func examine() async throws -> [Finding] {
        defer { self.pool.close() }
        var findings = try await self.server()
        findings += try await self.ownTables()
        guard let mapping else { return findings }
        var resolver = try await MappingResolver(mapping, preset: self.preset, catalogue: Catalogue(pool: self.pool))
        let map = try? resolver.resolve()
        findings += resolver.findings
        guard let map, let table = resolver.jobsTable else { return findings }
        findings.append(
            Finding(.ok, "mapping", "every table, column, type and value is there; about \(table.rows) rows of jobs")
        )
        findings += try await self.rights(table, map)
        let store = try await PostgresStore(
            pool: self.pool,
            map: map,
            missing: .leave,
            attached: resolver.attached,
            checks: false
        )
        let source = try await self.source(store)
        findings += source
        // A mapping whose refunds are not known is searched by nobody.
        if !source.contains(where: { $0.level == .error && $0.advice == nil }) {
            findings += try await self.finding(store, map, table)
        }
        findings += try await self.ages(map)
        findings += try await self.unreadable(map)
        findings += try await self.balances(map)
        return findings
    }

    private func rows<Value: Sendable>(
        _ sql: String,
        _ arguments: SQLArguments = [:],
        _ read: @Sendable @escaping (any StoredRow) -> Value
    ) async throws -> [Value] {
        try await PostgresPool.repeating {
            try await self.pool.withConnection { connection in
                try connection.send([SQLCall(sql, arguments)], limit: PostgresStore.statementLimit)[0].rows.map(
                    read
                )
            }
        }
    }

    // MARK: The server

    private func server() async throws -> [Finding] {
        let sql = """
            SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
                pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only') = 'on' AS is_read_only,
                current_setting('fsync') = 'off' AS no_fsync,
                current_setting('synchronous_commit') = 'off' AS lazy_commit, current_setting('TimeZone') AS zone,
                CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS clock, current_user AS role,
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_super
            """
        let before = Date().timeIntervalSince1970 * 1000
        let server = try await self.rows(sql) { row in
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
            return (findings, row.integer("clock") ?? 0)
        }
        let after = Date().timeIntervalSince1970 * 1000
        guard let (findings, clock) = server.first else { return [] }
        let difference = Int(Double(clock) - (before + after) / 2)
        let isOff = abs(difference) > 5000
        return findings + [
            Finding(
                isOff ? .warning : .ok,
                "clock",
                "the database's is \(Duration.milliseconds(abs(difference)).text) \(difference < 0 ? "behind" : "ahead of") this machine's",
                advice: isOff
                    ? "Unstick uses the database's clock, so no job is at risk; but workers that write times from their own clock may be off."
                    : nil
            )
        ]
    }

    private func ownTables() async throws -> [Finding] {
        do {
            try await PostgresMigrations(pool: self.pool).check()
            return [Finding(.ok, "schema unstick", "exists and is up to date")]
        } catch let error as UnstickError where error.code == .schemaMismatch {
            return [
                Finding(
                    .warning,
                    "schema unstick",
                    "is missing or out of date; reading works, cleaning does not",
                    advice: "unstick migrate (or --print for the SQL)"
                )
            ]
        }
    }

    // MARK: The team's tables

    private func rights(_ table: CatalogueTable, _ map: TableMap) async throws -> [Finding] {
        let sql = """
            SELECT has_table_privilege(c.oid, 'SELECT') AS may_read,
                has_any_column_privilege(c.oid, 'UPDATE') AS may_update, c.relrowsecurity AS has_policies,
                row_security_active(c.oid) AS is_filtered,
                (SELECT string_agg(t.tgname, ', ' ORDER BY t.tgname) FROM pg_trigger AS t
                    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) AS triggers
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = :schema AND c.relname = :name
            """
        return try await self.rows(sql, ["schema": .text(table.schema), "name": .text(table.name)]) { row in
            var findings: [Finding] = []
            let grant = "GRANT SELECT, UPDATE ON \(table.sql) TO …;"
            findings.append(
                row.flag("may_read") && row.flag("may_update")
                    ? Finding(.ok, "rights", "this role may read and change \(table.name)")
                    : Finding(.error, "rights", "this role may not read and lock rows of \(table.name)", advice: grant)
            )
            if row.flag("is_filtered") {
                findings.append(
                    Finding(
                        .error,
                        "row-level security",
                        "hides rows of \(table.name) from this role, so nothing would look stuck",
                        advice: "Use the owner's role, or one with BYPASSRLS, or add a policy for it."
                    )
                )
            } else if row.flag("has_policies") {
                findings.append(Finding(.ok, "row-level security", "is on, and does not apply to this role"))
            }
            if let triggers = row.text("triggers") {
                findings.append(
                    Finding(
                        .warning,
                        "triggers",
                        "\(triggers): they run for every job that Unstick changes",
                        advice: map.outcome == .report
                            ? "Nothing: rows are not changed." : "Check that this is intended."
                    )
                )
            }
            return findings
        }.flatMap { $0 }
    }

    private func finding(_ store: PostgresStore, _ map: TableMap, _ table: CatalogueTable) async throws -> [Finding] {
        let scans = try await store.scansWholeTable()
        var findings = [
            scans
                ? Finding(
                    table.rows >= PostgresStore.largeTable ? .error : .warning,
                    "index",
                    "none fits: each run reads the whole table",
                    advice: map.usefulIndex ?? "Create an index that starts with the state column."
                ) : Finding(.ok, "index", "finding stuck jobs uses an index")
        ]
        guard !scans || table.rows < PostgresStore.largeTable else { return findings }
        let start = ContinuousClock.now
        let stuck = try await Cleaner(store: store, policy: PolicySource(self.policy)).findStuckJobs()
        let took = ContinuousClock.now - start
        findings.append(
            Finding(
                took > .seconds(1) ? .warning : .ok,
                "finding",
                "\(stuck.count == 100 ? "100 or more" : String(stuck.count)) stuck jobs, found in \(took.inMilliseconds) ms"
            )
        )
        return findings
    }

    /// Ages that cannot be mean that a time is kept in another form than the mapping says.
    private func ages(_ map: TableMap) async throws -> [Finding] {
        let since = map.jobs.clock.milliseconds(map.jobs.since)
        let sql = """
            SELECT \(map.jobs.idText) AS id, :now - \(since) AS age FROM \(map.jobs.table) AS j
            WHERE \(map.jobs.isProcessing)\(map.jobs.isReadable.map { " AND \($0)" } ?? "") LIMIT 20
            """
        let sample = try await self.rows(sql) { ($0.text("id") ?? "?", $0.integer("age")) }
        let known = sample.compactMap { id, age in age.map { (id, Duration.milliseconds($0)) } }
        guard let youngest = known.map(\.1).min(), let oldest = known.map(\.1).max() else {
            return [Finding(.ok, "ages", sample.isEmpty ? "no job is running" : "no running job says when it started")]
        }
        var findings = [
            Finding(.ok, "ages", "of \(known.count) running jobs: from \(youngest.text) to \(oldest.text)")
        ]
        if youngest < .seconds(-60) {
            findings[0] = Finding(
                .error,
                "ages",
                "a running job seems to start in \(Duration.milliseconds(-youngest.inMilliseconds).text): its time is stored in another form",
                advice: "Fix the kind of 'started': a time zone or a unit is wrong, and live jobs would be refunded."
            )
        } else if oldest > .seconds(365 * 86_400) {
            findings[0] = Finding(
                .warning,
                "ages",
                "a running job seems to have started \(oldest.text) ago",
                advice: "Is the kind of 'started' right (seconds or milliseconds)?"
            )
        }
        if known.count < sample.count {
            findings.append(
                Finding(
                    .warning,
                    "ages",
                    "\(sample.count - known.count) running jobs have no start time and are never found",
                    advice: "Map 'updated' too."
                )
            )
        }
        return findings
    }

    /// How many rows of a sort are counted at most.
    private static let counted = 10_000

    /// Running jobs with a time that cannot be read: runs set them aside.
    private func unreadable(_ map: TableMap) async throws -> [Finding] {
        guard let isReadable = map.jobs.isReadable else { return [] }
        let sql = """
            SELECT count(*) AS rows, min(w.id) AS example FROM (
                SELECT \(map.jobs.idText) AS id FROM \(map.jobs.table) AS j
                WHERE \(map.jobs.isProcessing) AND NOT (\(isReadable)) LIMIT \(Self.counted)) AS w
            """
        let found = try await self.rows(sql) { ($0.integer("rows") ?? 0, $0.text("example") ?? "?") }.first
        guard let (rows, example) = found, rows > 0 else { return [] }
        return [
            Finding(
                .warning,
                "times",
                "\(Self.atLeast(rows)) running jobs have a time that is infinite or outside the years 1 to 9999, for example "
                    + "the job '\(example)': runs skip them",
                advice: "Correct the rows, or the kind of the time in the mapping."
            )
        ]
    }

    /// Balances that are NULL: the jobs of their users are set aside.
    private func balances(_ map: TableMap) async throws -> [Finding] {
        guard let balances = map.balances, let isUnknown = balances.isUnknown else { return [] }
        let sql = """
            SELECT count(*) AS rows FROM (
                SELECT 1 FROM \(balances.table) AS b WHERE \(isUnknown) LIMIT \(Self.counted)) AS w
            """
        let rows = try await self.rows(sql) { $0.integer("rows") ?? 0 }.first ?? 0
        return [
            rows == 0
                ? Finding(.ok, "balances", "none is NULL")
                : Finding(
                    .warning,
                    "balances",
                    "\(Self.atLeast(rows)) are NULL: nothing can be added to them, and runs skip the jobs of these users",
                    advice: "Set them, or set 'nullBalance: zero' under 'balances' in the mapping."
                )
        ]
    }

    private static func atLeast(_ rows: Int) -> String { rows >= Self.counted ? "\(Self.counted) or more" : "\(rows)" }

    /// What the mapping's refunds are kept under.
    private func source(_ store: PostgresStore) async throws -> [Finding] {
        do {
            guard let source = try await store.currentSource() else { return [] }
            if source.id.isEmpty {
                return [Finding(.ok, "source", "the mapping '\(source.name)' gets its source with its first run")]
            }
            guard source.oldKeys == .unknown else {
                return [Finding(.ok, "source", "the mapping '\(source.name)' has the source '\(source.id)'")]
            }
            return [
                Finding(
                    .error,
                    "source",
                    "refunds from before mappings had names may belong to '\(source.name)' or to another mapping; matching jobs "
                        + "are skipped",
                    advice: "Name the owner: unstick migrate --old-keys-of NAME"
                )
            ]
        } catch let error as UnstickError where error.code == .invalidArgument {
            return [Finding(.error, "source", error.message)]
        }
    }
}
