import GRDB
public import Unstick
public import UnstickSQL

extension SQLiteStore {
    /// How to use a file of another program.
    public enum Attaching: Sendable {
        /// Only read it.
        case reading
        /// Use Unstick's own tables in it; calls that need them throw `schemaMismatch` if they are missing.
        case using
        /// Create or upgrade them.
        case migrating
    }

    /// Attaches to tables that Unstick did not create.
    ///
    /// Unstick's own tables are in the same file, each with the prefix `unstick_`, because one transaction needs one file.
    /// Runs, dry runs, history, schedule and reconciliation work as on Unstick's own; only the team creates and moves jobs.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - mapping: the tables of the jobs, balances and ledger.
    ///   - preset: the preset of the mapping, with the statements that change its jobs.
    ///   - attaching: what may change in the file.
    ///   - allowsFullScan: whether a search may read a large table whole.
    ///   - clock: the database's clock; the machine's own by default.
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when the file does not exist or cannot be opened,
    ///   `schemaMismatch` with all problems of the mapping in this file, and `invalidArgument` when a search would read
    ///   a large table whole.
    public convenience init(
        path: String,
        mapping: MappingFile,
        preset: Preset? = nil,
        attaching: Attaching = .using,
        allowsFullScan: Bool = false,
        clock: @escaping @Sendable () -> Timestamp = SQLiteStore.machineClock
    ) async throws {
        let database = try Self.openTeamFile(path, readsOnly: attaching == .reading)
        let compiler = try await MappingCompiler(
            mapping,
            preset: preset,
            from: SQLiteCatalogue(database: database),
            dialect: .attachedSQLite
        )
        let map = try compiler.compile()
        if attaching == .migrating { try SQLiteAttachedMigrations.migrate(database, at: clock()) }
        self.init(database: database, map: map, clock: clock)
        if attaching == .migrating { try await self.makeSource() }
        if !allowsFullScan { try await IndexUse(map).require(for: compiler.jobsTable, in: self) }
    }

    /// Opens a file of another program; its journal mode stays unchanged.
    static func openTeamFile(_ path: String, readsOnly: Bool) throws -> DatabaseQueue {
        try self.checkExists(SQLiteFile(path: path))
        var configuration = self.configuration()
        configuration.readonly = readsOnly
        return try SQLiteFailure.translating { try DatabaseQueue(path: path, configuration: configuration) }
    }
}
