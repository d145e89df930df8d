/// The error that Unstick throws: a code to branch on and a message for people.
///
/// The message says what happened, why, and what to do next. It never contains SQL, a secret, a stack trace, or the
/// text of a database or library, which has hosts, paths and roles: so every caller may see it. That text is the
/// ``cause``, for logs and for the operator at the shell.
public struct UnstickError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    ///
    /// The raw value is bounded text, safe as a metric label.
    public enum Code: String, Sendable {
        /// An argument is out of its range. Nothing was done.
        case invalidArgument = "invalid_argument"
        /// The user has fewer tokens than the charge needs. Nothing was booked.
        case insufficientTokens = "insufficient_tokens"
        /// The amount or the balance would exceed 2^53-1. Nothing was booked.
        case amountOutOfRange = "amount_out_of_range"
        /// The key was used before for something else. Nothing was booked.
        case conflict
        /// There is no such job, run or user.
        case notFound = "not_found"
        /// The refund is more than was charged, or the work was delivered. Nothing was booked.
        case refundRefused = "refund_refused"
        /// The completion would take more than was reserved for the job. Nothing was booked.
        case exceedsHold = "exceeds_hold"
        /// The database cannot be opened, reached or written to; the same call may succeed later.
        case databaseUnavailable = "database_unavailable"
        /// Another transaction held a lock for too long. Nothing was done; the same call may succeed later.
        case lockTimeout = "lock_timeout"
        /// The database refused this change because of the content of its rows.
        case databaseRejected = "database_rejected"
        /// The database answers, but refuses every change of this sort: a right, a column or disk space is missing, or
        /// it is read-only. An operator must act.
        case databaseUnusable = "database_unusable"
        /// The database has a schema that this version does not know.
        case schemaMismatch = "schema_mismatch"
        /// Input from a file or a person cannot be read.
        case invalidInput = "invalid_input"

        /// Whether the same call may succeed later, whatever its arguments.
        package var mayPass: Bool { self == .databaseUnavailable || self == .lockTimeout }
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, why, and what to do next.
    public let message: String

    /// The text of the database or a library, for logs and for the operator at the shell: it may contain hosts, paths
    /// and roles.
    public let cause: String?

    /// The missing tokens, with ``Code/insufficientTokens``.
    public let shortage: Shortage?

    /// How many tokens a charge needs, and how many the user has.
    public struct Shortage: Hashable, Sendable {
        /// The user's balance.
        public var balance: Int
        /// What the charge needs.
        public var needed: Int
        /// The difference.
        public var missing: Int { self.needed - self.balance }
    }

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: the kind of failure.
    ///   - message: what happened, why, and what to do next.
    ///   - cause: the text of the database or a library; no response shows it.
    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.init(code, message, cause: cause, shortage: nil)
    }

    /// Whether the refusal may concern one row whatever its code is, because a trigger or a row-level policy raised it.
    package var mayBeOfRow = false

    init(_ code: Code, _ message: String, cause: String? = nil, shortage: Shortage?) {
        self.code = code
        self.message = message
        self.cause = cause
        self.shortage = shortage
    }

    /// The message with its cause, for logs and for the operator at the shell.
    public var description: String { self.cause.map { "\(self.message) Cause: \($0)" } ?? self.message }

    /// Whether the same change may succeed for another job.
    var isOfRow: Bool { [.databaseRejected, .lockTimeout].contains(self.code) || self.mayBeOfRow }

    /// The description of a failed job or run for an operator: for a refusal also the database's text about rows,
    /// tables and rights, never the location of the database.
    package var details: String {
        [.databaseRejected, .databaseUnusable, .schemaMismatch].contains(self.code) ? self.description : self.message
    }
}
