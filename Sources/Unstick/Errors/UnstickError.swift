/// What Unstick throws: a code to branch on and a message for people.
///
/// The message says what happened, why, and what to do next. It never contains SQL, a secret, a stack trace, or the words of
/// a database or library, which name hosts, paths and roles: so it may be shown to anybody who made the call. Those words are
/// the ``cause``, for logs and for the operator at the shell.
public struct UnstickError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    ///
    /// The raw value is bounded text, safe as a metric label.
    public enum Code: String, Sendable {
        /// An argument is out of its range. Nothing was done.
        case invalidArgument = "invalid_argument"
        /// The user has fewer tokens than the charge asks for. Nothing was taken.
        case insufficientTokens = "insufficient_tokens"
        /// The amount or the balance would pass 2^53-1. Nothing was booked.
        case amountOutOfRange = "amount_out_of_range"
        /// The key was used before for something else. Nothing was booked.
        case conflict
        /// There is no such job, run or user.
        case notFound = "not_found"
        /// The refund is more than was charged, or the work was delivered. Nothing was booked.
        case refundRefused = "refund_refused"
        /// More would be taken than was set aside for the job. Nothing was booked.
        case exceedsHold = "exceeds_hold"
        /// The database cannot be opened, reached or written to; the same call may succeed later.
        case databaseUnavailable = "database_unavailable"
        /// Another transaction had a lock for too long. Nothing was done; the same call may succeed later.
        case lockTimeout = "lock_timeout"
        /// The database refused this particular change, because of what is in its rows.
        case databaseRejected = "database_rejected"
        /// The database answers, and refuses every change of this sort whatever is in it: a right, a column or room on the
        /// disk is missing, or it is read-only. An operator has to act.
        case databaseUnusable = "database_unusable"
        /// The database has a schema that this version does not know.
        case schemaMismatch = "schema_mismatch"
        /// Input from a file or a person could not be read.
        case invalidInput = "invalid_input"

        /// Whether the same call may succeed later, whatever it asks for.
        package var mayPass: Bool { self == .databaseUnavailable || self == .lockTimeout }
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened, why, and what to do next.
    public let message: String

    /// What the database or a library said, for logs and for the operator at the shell: it may name hosts, paths and roles.
    public let cause: String?

    /// What was lacking, with ``Code/insufficientTokens``.
    public let shortage: Shortage?

    /// How many tokens a charge asked for, and how many there were.
    public struct Shortage: Hashable, Sendable {
        /// What the user has.
        public var balance: Int
        /// What the charge asks for.
        public var needed: Int
        /// What is missing.
        public var missing: Int { self.needed - self.balance }
    }

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: what kind of failure it is.
    ///   - message: what happened, why, and what to do next.
    ///   - cause: what the database or a library said; no answer shows it.
    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.init(code, message, cause: cause, shortage: nil)
    }

    /// Whether the refusal may be about one row whatever its code is, because a trigger or a row-level policy raised it.
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

    /// What an operator is told of a job or a run that failed: of a refusal also what the database said of rows, tables and
    /// rights, and never where the database is.
    package var details: String {
        [.databaseRejected, .databaseUnusable, .schemaMismatch].contains(self.code) ? self.description : self.message
    }
}
