import Unstick
import UnstickSQL

extension PostgresStore {
    /// Attaches to tables that Unstick did not create.
    ///
    /// Runs, dry runs, history, schedule and reconciliation work as on Unstick's own tables; only the team creates and
    /// moves jobs there.
    ///
    /// - Parameters:
    ///   - url: a connection URI or string; see ``init(url:limits:missing:)``.
    ///   - mapping: the tables of the jobs, balances and ledger.
    ///   - preset: the preset of the mapping, with the statements that change its jobs.
    ///   - limits: the limits of the connection pool.
    ///   - missing: what to do when Unstick's own tables are missing: the history and the refunds' keys are in them, in
    ///     a schema of their own. A search for jobs does not need them.
    ///   - allowsFullScan: whether a search may read a large table whole.
    /// - Throws: ``/Unstick/UnstickError`` `schemaMismatch` with all problems of the mapping in this database, and
    ///   `invalidArgument` when a search would read a large table whole.
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
