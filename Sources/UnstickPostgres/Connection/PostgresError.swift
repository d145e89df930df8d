import Unstick

/// What can go wrong on a connection.
package enum PostgresError: Error, Hashable {
    /// The server refused a statement; the connection goes on.
    case refused(Refusal)
    /// The connection is gone. What was under way may or may not have happened.
    case lost(String)
    /// No connection could be made.
    case unreachable(String)
    /// A text holds a NUL byte, which PostgreSQL cannot store.
    case nulByte

    /// What the server said.
    package struct Refusal: Hashable, Sendable {
        /// The five characters of the SQLSTATE; see PostgreSQL's appendix A.
        package var sqlState: String
        package var message: String
        /// The constraint that was violated.
        var constraint: String?
        /// The function or trigger in which it happened.
        var context: String?

        /// Whether code or a policy of the tables may have looked at the row before it was refused.
        var mayBeOfRow: Bool {
            self.context?.contains("PL/") == true || self.message.contains("row-level security policy")
        }

        /// Whether it is about what is in a row, so that other rows may fare better.
        ///
        /// See PostgreSQL's appendix A. Classes that it does not use itself are those of a team's own triggers.
        var isAboutRow: Bool {
            let kind = self.sqlState.prefix(2)
            return Self.rowClasses.contains(kind) || !Self.otherClasses.contains(kind)
                || ["XX001", "XX002"].contains(self.sqlState)
        }

        /// Cardinality, data, integrity, triggers, functions, conflicts with others' rows, views with a check, sizes of
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

    /// Whether a prepared statement was not there, or was there already: a pooler is between us and the server.
    var isAboutPreparing: Bool {
        self.sqlState == "26000" || self.sqlState == "42P05"
    }

    /// Whether the same transaction may succeed when it is run again at once.
    var isPassing: Bool {
        self.sqlState == "40001" || self.sqlState == "40P01"
    }

    /// Whether somebody else was first with a key: the next snapshot sees what they did.
    var isAboutKey: Bool { self.sqlState == "23505" }

    /// Whether the server is ending the connection, so that it must not be used again.
    var endsConnection: Bool {
        switch self {
        case .lost, .unreachable: true
        case .refused(let refusal): refusal.sqlState == "25006"
        case .nulByte: false
        }
    }
}

extension UnstickError {
    /// Where libpq's errors become Unstick's: none leaves this target.
    init(_ error: PostgresError) {
        switch error {
        case .lost(let reason):
            self.init(.databaseUnavailable, "\(Self.unreachable) The connection was lost.", cause: reason)
        case .unreachable(let reason):
            self.init(.databaseUnavailable, Self.unreachable, cause: reason)
        case .nulByte:
            self.init(.invalidArgument, "A text contains a NUL byte, which PostgreSQL cannot store. Remove it.")
        case .refused(let refusal):
            self.init(refusal)
            self.mayBeOfRow = self.code != .databaseUnavailable && refusal.mayBeOfRow
        }
    }

    /// What everybody is told; where the database is and who asked it is for the log.
    private static let unreachable = "The database cannot be reached."

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
        case "57014":
            self.init(.databaseUnavailable, "The database took too long, and the statement was cancelled. Try again.")
        case "55P03":
            self.init(
                .lockTimeout,
                "Another transaction has held a lock for too long, and the wait timed out. Try again."
            )
        case "23514" where refusal.constraint == "run_items_amount_check":
            self.init(.databaseRejected, StuckJob.badCost)
        case "53100":
            self.init(
                .databaseUnusable,
                "The database's disk is full. Free some space; nothing was changed.",
                cause: cause
            )
        case "23514", "22003":
            self.init(
                .databaseRejected,
                "A value would be out of its range, for example a balance above \(Limits.tokens).",
                cause: cause
            )
        case _ where state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57") || state.hasPrefix("58"):
            self.init(.databaseUnavailable, "\(Self.unreachable) It cannot serve now.", cause: cause)
        default:
            self.init(
                refusal.isAboutRow ? .databaseRejected : .databaseUnusable,
                "The database refused the change.",
                cause: cause
            )
        }
    }
}
