import Foundation
package import GRDB
import Synchronization
public import Unstick
public import UnstickSQL

/// The embedded store: one SQLite file, no set-up.
///
/// It has every role of a store. Safe to use from several tasks, and from several processes over one file: writers wait
/// for each other for up to ``busyTimeout``. The file is in WAL mode with `synchronous=FULL`, so that a committed
/// refund survives a power cut.
public final class SQLiteStore: SQLStore {
    /// How long a writer waits for another process before it fails.
    public static let busyTimeout = Duration.seconds(30)

    let database: any DatabaseWriter
    let clock: @Sendable () -> Timestamp
    /// The tables of the jobs.
    package let map: ResolvedTables
    /// A closed connection must not be used: calls after the close get an error, and do not crash.
    private let isClosed = Mutex(false)

    /// What to do when the file does not exist.
    public enum Missing: Sendable {
        /// Create it.
        case create
        /// Throw `databaseUnavailable`: a typing error in a path must not look like an empty database.
        case refuse
    }

    /// Opens a file and upgrades its schema.
    ///
    /// A file of another program is refused.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - missing: what to do when it does not exist.
    ///   - clock: the database's clock; the machine's own by default.
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when it cannot be opened, `schemaMismatch` when a newer
    ///   version of Unstick or another program has written it.
    public convenience init(
        path: String,
        missing: Missing = .create,
        clock: @escaping @Sendable () -> Timestamp = SQLiteStore.machineClock
    ) throws {
        let file = SQLiteFile(path: path)
        if missing == .refuse { try Self.checkExists(file) }
        try file.checkOwner(mustBeOurs: missing == .refuse)
        let database = try SQLiteMigrations.openMigrated { try Self.openPool(path: path) }
        try self.init(migrated: database, clock: clock)
    }

    /// Opens a file of this version to read it: neither the file nor its schema changes, and the database refuses calls
    /// that change something.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - clock: the database's clock; the machine's own by default.
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when it cannot be opened, `schemaMismatch` when its schema is
    ///   not this version's, or another program's.
    public convenience init(
        readingOnly path: String,
        clock: @escaping @Sendable () -> Timestamp = SQLiteStore.machineClock
    ) throws {
        let file = SQLiteFile(path: path)
        try Self.checkExists(file)
        try file.checkOwner(mustBeOurs: true)
        let database = try SQLiteFailure.translating {
            var configuration = Self.configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { try SQLiteMigrations.check($0) }
            return queue
        }
        self.init(database: database, clock: clock)
    }

    static func checkExists(_ file: SQLiteFile) throws {
        guard !file.exists else { return }
        throw UnstickError(
            .databaseUnavailable,
            "There is no database at '\(file.path)'. Check the path, or create one with 'unstick migrate'."
        )
    }

    /// Opens a file with the settings of every store.
    package static func openPool(path: String) throws -> DatabasePool {
        PrivateFile.make(path)
        let pool = try DatabasePool(path: path, configuration: Self.configuration())
        // GRDB sets NORMAL when it turns on the write-ahead log, and that loses commits in a power cut.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        return pool
    }

    /// Opens a database in memory: gone with the object, for tests and trials.
    public static func inMemory(
        clock: @escaping @Sendable () -> Timestamp = SQLiteStore.machineClock
    ) throws -> SQLiteStore {
        let database = try SQLiteMigrations.openMigrated { try DatabaseQueue(configuration: Self.configuration()) }
        return try SQLiteStore(migrated: database, clock: clock)
    }

    init(
        database: any DatabaseWriter,
        map: ResolvedTables = .own(.sqlite),
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.database = database
        self.map = map
        self.clock = clock
    }

    private convenience init(
        migrated database: any DatabaseWriter,
        clock: @escaping @Sendable () -> Timestamp
    ) throws {
        self.init(database: database, clock: clock)
    }

    /// The machine's clock, to the millisecond.
    public static func machineClock() -> Timestamp {
        Timestamp(milliseconds: Int((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// The database's clock.
    public func now() async throws -> Timestamp { self.clock() }

    /// Whether the file answers and has the schema of this version.
    public func checkReady() async throws {
        let isAttached = self.map.isAttached
        try await self.read { try isAttached ? SQLiteAttachedMigrations.check($0) : SQLiteMigrations.check($0) }
    }

    /// Closes the file after the work in progress.
    public func close() throws {
        self.isClosed.withLock { $0 = true }
        try SQLiteFailure.translating { try self.database.close() }
    }

    /// The settings of every connection.
    ///
    /// Writes begin with `BEGIN IMMEDIATE`, which is GRDB's default.
    static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "unstick"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(Double(busyTimeout.inMilliseconds) / 1000)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -65536")
            // 10,000 pages are 40 MB of log: a drain writes the same pages again and again before they are copied once.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 10000")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
        }
        return configuration
    }

    /// Reads in one transaction, off the cooperative pool.
    func read<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        try self.checkOpen()
        return try await DatabaseMetrics.measured("read") {
            try await SQLiteFailure.translated { try await self.database.read(body) }
        }
    }

    /// Writes in one transaction that takes the write lock at its start, off the cooperative pool.
    func write<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        try self.checkOpen()
        return try await DatabaseMetrics.measured("write") {
            try await SQLiteFailure.translated { try await self.database.write(body) }
        }
    }

    func checkOpen() throws {
        guard !self.isClosed.withLock({ $0 }) else {
            throw UnstickError(.databaseUnavailable, "The database was closed.")
        }
    }
}
