import Unstick
import UnstickSQL

extension PostgresStore {
    /// From how many rows on a search that reads the whole table has to be asked for.
    static let largeTable = 100_000

    /// Attaches to tables that Unstick did not make.
    ///
    /// Their passes, dry runs, history, schedule and reconciliation work as on Unstick's own; jobs are neither created nor
    /// moved there by anybody else than the team.
    ///
    /// - Parameters:
    ///   - url: a connection URI or string; see ``init(url:limits:missing:)``.
    ///   - mapping: where the jobs, balances and ledger are.
    ///   - preset: the queue that the mapping came from, for what it takes to change its jobs.
    ///   - limits: the bounds of the connection pool.
    ///   - missing: what to do when Unstick's own tables are not there: the history and the refunds' keys live in them, in a
    ///     schema of their own. Finding jobs does without.
    ///   - allowsFullScan: whether a large table may be read whole to find its stuck jobs.
    /// - Throws: ``Unstick/UnstickError`` `schemaMismatch` with everything in the mapping that does not fit the database, and
    ///   `invalidArgument` when finding would read a large table whole.
    public convenience init(
        url: String,
        mapping: MappingFile,
        preset: Preset? = nil,
        limits: PoolLimits = PoolLimits(),
        missing: Missing = .leave,
        allowsFullScan: Bool = false
    ) async throws {
        let pool = PostgresPool(url: url, limits: limits)
        let catalogue = Catalogue(pool: pool)
        var resolver = try await MappingResolver(mapping, preset: preset, catalogue: catalogue)
        let map = try resolver.resolve()
        try await self.init(pool: pool, map: map, missing: missing, attached: resolver.attached)
        guard !allowsFullScan, let table = resolver.jobsTable, table.rows >= Self.largeTable,
            try await self.scansWholeTable()
        else { return }
        throw UnstickError(
            .invalidArgument,
            "Finding stuck jobs would read all of \(table.name) (about \(table.rows) rows), because no index fits. Create one:\n"
                + "  \(map.usefulIndex ?? "an index on the state column")\nor run with --full-scan."
        )
    }

    /// Whether the planner sees no other way than to read the jobs' whole table.
    func scansWholeTable() async throws -> Bool {
        let facts: SQLArguments = [
            "cutoff": .integer(0), "limit": .integer(100), "since": .null, "id": .null,
        ]
        let sql = "EXPLAIN (FORMAT TEXT) " + LookStatements(map: self.map).probe
        return try await self.once([
            SQLCall("SELECT set_config('enable_seqscan', 'off', true)"), SQLCall(sql, facts),
        ]) { results in
            results[1].rows.contains {
                $0.text("QUERY PLAN")?.contains("Seq Scan on") == true && $0.text("QUERY PLAN")?.contains(" j ") == true
            }
        }
    }
}

extension TableMap {
    /// The index that finds the stuck jobs in two pages, where an index can.
    var usefulIndex: String? {
        guard !self.jobs.since.contains("SELECT") else { return nil }
        func bare(_ sql: String) -> String { sql.replacing("j.\"", with: "\"") }
        return "CREATE INDEX CONCURRENTLY unstick_stuck ON \(self.jobs.table) "
            + "((\(bare(self.jobs.since))), \(bare(self.jobs.id))) WHERE \(bare(self.jobs.isProcessing));"
    }
}
