import GRDB
public import Unstick
public import UnstickSQL

extension SQLiteStore {
    /// What becomes of a file that another program made.
    public enum Attaching: Sendable {
        /// It is only read.
        case reading
        /// Unstick's own tables in it are used; what needs them throws `schemaMismatch` where they are missing.
        case using
        /// They are made, or brought up to date.
        case migrating
    }

    /// Attaches to tables that Unstick did not make.
    ///
    /// Unstick's own tables are in the same file, each with the prefix `unstick_`, because one transaction needs one file.
    /// Runs, dry runs, history, schedule and reconciliation work as on Unstick's own; only the team creates and moves jobs.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - mapping: where the jobs, balances and ledger are.
    ///   - preset: the queue that the mapping came from, for what it takes to change its jobs.
    ///   - attaching: what may be changed in the file.
    ///   - allowsFullScan: whether a large table may be read whole to find its stuck jobs.
    ///   - clock: the database's clock; the machine's own unless set.
    /// - Throws: ``Unstick/UnstickError`` `databaseUnavailable` when the file is not there or cannot be opened,
    ///   `schemaMismatch` with everything in the mapping that does not fit the file, and `invalidArgument` when finding would
    ///   read a large table whole.
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

    /// Opens a file that another program made; its journal mode stays what it is.
    static func openTeamFile(_ path: String, readsOnly: Bool) throws -> DatabaseQueue {
        try self.checkExists(SQLiteFile(path: path))
        var configuration = self.configuration()
        configuration.readonly = readsOnly
        return try SQLiteFailure.translating { try DatabaseQueue(path: path, configuration: configuration) }
    }
}
