import Unstick
import UnstickSQL

/// A transaction in progress; see ``PostgresPool``.
///
/// `BEGIN` is sent with the first calls, and the calls of ``last(_:)`` with the `COMMIT`.
final class PostgresTransaction: ServerTransaction {
    private let connection: PostgresConnection
    private let limit: Duration
    private var opening: [SQLCall]
    private var closing: [SQLCall] = []
    private var isOpen = false
    private var isCommitted = false
    private(set) var isCommitting = false

    init(on connection: PostgresConnection, mode: String = "", limit: Duration) {
        self.connection = connection
        self.limit = limit
        self.opening = [SQLCall("BEGIN" + mode), Self.settings(limit: limit)]
    }

    /// The settings of a transaction beside its limits.
    enum Settings: Sendable {
        /// No further settings.
        case standard
        /// Rows are found by their keys and joined by hashing, whatever the statistics say: a plan for a few rows must
        /// not read a table that has grown.
        case byKey
    }

    /// The settings of every transaction.
    ///
    /// Local to it, because a pooler may give the next transaction another session.
    static func settings(_ settings: Settings = .standard, limit: Duration) -> SQLCall {
        let plans =
            switch settings {
            case .standard: ""
            case .byKey:
                """
                , set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
                    set_config('enable_nestloop', 'off', true)
                """
            }
        return SQLCall(
            """
            SELECT set_config('search_path', 'unstick,pg_catalog', true), set_config('timezone', 'UTC', true),
                set_config('statement_timeout', :limit, true), set_config('lock_timeout', :lock, true),
                set_config('idle_in_transaction_session_timeout', :idle, true),
                set_config('standard_conforming_strings', 'on', true)\(plans)
            """,
            [
                "limit": .text(String(limit.inMilliseconds)),
                "lock": .text(String(ServerLimits.lock(within: limit).inMilliseconds)),
                "idle": .text(String(ServerLimits.idle.inMilliseconds)),
            ]
        )
    }

    /// Runs calls in one round trip.
    @discardableResult
    func run(_ calls: [SQLCall]) throws(PostgresError) -> [PostgresResult] {
        let opening = self.opening
        self.opening = []
        if !opening.isEmpty { self.isOpen = true }
        return Array(try self.connection.send(opening + calls, limit: self.limit).dropFirst(opening.count))
    }

    /// Runs calls on a team's tables, whose functions and triggers use their own search path.
    func run(_ calls: [SQLCall], searchPath: String?) throws(PostgresError) -> [PostgresResult] {
        guard let searchPath else { return try self.run(calls) }
        func set(_ path: String) -> SQLCall {
            SQLCall("SELECT set_config('search_path', :path, true)", ["path": .text(path)])
        }
        let results = try self.run([set(searchPath)] + calls + [set("unstick,pg_catalog")])
        return Array(results.dropFirst().dropLast())
    }

    @discardableResult
    func run(_ sql: String, _ arguments: SQLArguments = [:]) throws(PostgresError) -> PostgresResult {
        try self.run([SQLCall(sql, arguments)])[0]
    }

    /// Sends this with the `COMMIT`.
    func last(_ sql: String, _ arguments: SQLArguments) {
        self.closing.append(SQLCall(sql, arguments))
    }

    func commit() throws(PostgresError) {
        guard !self.isCommitted else { return }
        try self.commit(after: [])
    }

    /// Runs calls and commits, all in one round trip: for calls without a decision in between.
    ///
    /// When a call is refused the `COMMIT` after it is not executed.
    @discardableResult
    func commit(after calls: [SQLCall]) throws(PostgresError) -> [PostgresResult] {
        self.isCommitting = true
        let results = try self.run(calls + self.closing + [SQLCall("COMMIT")])
        (self.isOpen, self.isCommitted) = (false, true)
        return Array(results.prefix(calls.count))
    }

    func rollBack() {
        guard self.isOpen, self.connection.isUsable else { return }
        self.isOpen = false
        _ = try? self.connection.send([SQLCall("ROLLBACK")], limit: self.limit)
    }
}
