import Unstick
import UnstickSQL

extension PostgresStore {
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
        let compiler = try await MappingCompiler(
            mapping,
            preset: preset,
            from: PostgresCatalogue(pool: pool),
            dialect: .postgres
        )
        let map = try compiler.compile()
        try await self.init(pool: pool, map: map, missing: missing)
        if !allowsFullScan { try await IndexUse(map).require(for: compiler.jobsTable, in: self) }
    }
}
