import UnstickSQL

/// A transaction in progress; its first calls begin it.
///
/// The database's clock is read when the first call needs it, and all calls have the same time.
final class MySQLTransaction: ServerTransaction, SQLTransaction {
    /// The isolation of a transaction.
    enum Mode: Sendable {
        /// Each statement sees what was committed before it.
        case standard
        /// All statements see one moment, and none of them writes.
        case snapshot

        fileprivate var commands: [String] {
            switch self {
            case .standard: ["START TRANSACTION"]
            case .snapshot:
                [
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
                ]
            }
        }
    }

    private let connection: MySQLConnection
    private let mode: Mode
    private let limit: Duration
    private var now: Int?
    private var isOpen = false
    private(set) var isCommitting = false

    init(on connection: MySQLConnection, mode: Mode = .standard, limit: Duration) {
        (self.connection, self.mode, self.limit) = (connection, mode, limit)
    }

    @discardableResult
    func run(_ calls: [SQLCall]) throws -> [any SQLResult] {
        if !self.isOpen {
            try self.connection.begin(self.mode.commands, limit: self.limit)
            self.isOpen = true
        }
        return try self.connection.send(calls, limit: self.limit, now: &self.now)
    }

    /// There is no search path: a statement names the database of a table in another one.
    func run(_ calls: [SQLCall], searchPath: String?) throws -> [any SQLResult] { try self.run(calls) }

    func finish(_ calls: [SQLCall]) throws -> [any SQLResult] {
        let results = try self.run(calls)
        try self.commit()
        return results
    }

    func commit() throws {
        guard self.isOpen else { return }
        self.isCommitting = true
        try self.connection.end("COMMIT", limit: self.limit)
        self.isOpen = false
    }

    func rollBack() {
        guard self.isOpen, self.connection.isUsable else { return }
        self.isOpen = false
        try? self.connection.end("ROLLBACK", limit: self.limit)
    }
}
