package import Unstick
import UnstickSQL

/// The errors of a connection.
package enum PostgresError: Error, Hashable {
    /// The server refused a statement; the connection stays usable.
    case refused(Refusal)
    /// The connection is lost. The current work may or may not have happened.
    case lost(String)
    /// No connection could be opened.
    case unreachable(String)
    /// The URL of the database has another form.
    case unreadableURL
    /// A text contains a NUL byte, which PostgreSQL cannot store.
    case nulByte

    /// The error of the server.
    package struct Refusal: Hashable, Sendable {
        /// The five characters of the SQLSTATE; see PostgreSQL's appendix A.
        package var sqlState: String
        package var message: String
        /// The constraint that was violated.
        var constraint: String?
        /// The function or trigger in which it happened.
        var context: String?

        /// Whether code or a policy of the tables may have checked the row before it was refused.
        var mayBeOfRow: Bool {
            self.context?.contains("PL/") == true || self.message.contains("row-level security policy")
        }

        /// Whether it is about the content of a row, so that other rows may succeed.
        ///
        /// See PostgreSQL's appendix A. Classes that it does not use belong to a team's own triggers.
        var isAboutRow: Bool {
            let kind = self.sqlState.prefix(2)
            return Self.rowClasses.contains(kind) || !Self.otherClasses.contains(kind)
                || ["XX001", "XX002"].contains(self.sqlState)
        }

        /// Cardinality, data, integrity, triggers, functions, conflicts with other rows, views with a check, sizes of
        /// values, PL/pgSQL.
        private static let rowClasses: Set<Substring> = ["21", "22", "23", "27", "38", "39", "40", "44", "54", "P0"]
        private static let otherClasses: Set<Substring> = [
            "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "20", "24", "25", "26", "28", "2B",
            "2D",
            "2F", "34", "3B", "3D", "3F", "42", "53", "55", "57", "58", "72", "F0", "HV", "XX",
        ]
    }

    var sqlState: String? {
        if case .refused(let refusal) = self { refusal.sqlState } else { nil }
    }

    /// Whether a prepared statement was missing, or existed already: a pooler is between the client and the server.
    var isAboutPreparing: Bool {
        self.sqlState == "26000" || self.sqlState == "42P05"
    }

    /// Whether the server is ending the connection, so that it must not be used again.
    var endsConnection: Bool {
        switch self {
        case .lost, .unreachable, .unreadableURL: true
        case .refused(let refusal): refusal.sqlState == "25006"
        case .nulByte: false
        }
    }
}

extension PostgresError: ConnectionError {
    package var lossReason: String? {
        if case .lost(let reason) = self { reason } else { nil }
    }

    /// Not after a refusal that waiting does not fix, for example of a password.
    package var mayConnectLater: Bool {
        guard case .unreachable(let reason) = self else { return false }
        guard reason.contains("FATAL") else { return !reason.contains("certificate") }
        return ["start", "shut", "recover", "too many", "slots"].contains { reason.contains($0) }
    }

    /// A deadlock, a serialization conflict, or an effect of a pooler.
    package var isPassing: Bool {
        self.sqlState == "40001" || self.sqlState == "40P01" || self.isAboutPreparing
    }

    package var isWorthOneRepeat: Bool { self.sqlState == "23505" }

    package var isCancellation: Bool { self.sqlState == "57014" }

    package var unstickError: UnstickError { UnstickError(self) }
}

extension UnstickError {
    /// Converts libpq's errors to Unstick's: none leaves this target.
    init(_ error: PostgresError) {
        switch error {
        case .lost(let reason): self = .connectionLost(reason)
        case .unreachable(let reason): self = .serverUnreachable(reason)
        case .unreadableURL:
            self = .unreadableURL(
                "postgres://USER:PASSWORD@HOST/DATABASE",
                parameters: "the parameters are those of libpq"
            )
        case .nulByte: self = .nulByte
        case .refused(let refusal):
            self.init(refusal)
            self.mayBeOfRow = self.code != .databaseUnavailable && refusal.mayBeOfRow
        }
    }

    private init(_ refusal: PostgresError.Refusal) {
        let state = refusal.sqlState
        let cause = "\(refusal.message) (SQLSTATE \(state))"
        switch state {
        case "25006":
            self.init(
                .databaseUnusable,
                "The database is a read-only standby. Connect to the primary, or list all hosts and add "
                    + "target_session_attrs=read-write."
            )
        case "3F000", "42P01", "42703":
            self.init(
                .schemaMismatch,
                "A table or column is missing in the database, or the role may not use its schema. 'unstick migrate' creates "
                    + "Unstick's own tables, and 'unstick migrate --role NAME' grants the rights.",
                cause: cause
            )
        case "42501":
            self.init(
                .databaseUnusable,
                "The database role lacks a right. 'unstick migrate --role NAME' grants it.",
                cause: cause
            )
        case "57014": self = .statementTimedOut
        case "55P03": self = .lockTimedOut
        case "23514" where refusal.constraint == "run_items_amount_check":
            self.init(.databaseRejected, StuckJob.badCost)
        case "53100": self = .serverDiskFull(cause)
        case "23514", "22003": self = .valueOutOfRange(cause)
        case _ where state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57") || state.hasPrefix("58"):
            self = .serverBusy(cause)
        default: self = .changeRefused(cause, isAboutRow: refusal.isAboutRow)
        }
    }
}
