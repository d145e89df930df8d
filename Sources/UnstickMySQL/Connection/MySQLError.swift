import Unstick

/// What can go wrong on a connection.
package enum MySQLError: Error, Hashable {
    /// The server refused a statement; the connection goes on.
    case refused(Refusal)
    /// The connection is gone. What was under way may or may not have happened.
    case lost(String)
    /// No connection could be made; `mayPass` says whether it may be possible later.
    case unreachable(String, mayPass: Bool)
    /// A text holds a NUL byte, which PostgreSQL cannot store, so no database takes it.
    case nulByte

    /// What the server said.
    package struct Refusal: Hashable, Sendable {
        /// The number of the error; MariaDB's and MySQL's are the same below 1900.
        package var code: Int
        /// The five characters of the SQLSTATE; `HY000` for many errors.
        package var sqlState: String
        package var message: String
    }

    /// What a URL is refused with.
    static let unreadable = MySQLError.unreachable(
        "the database URL cannot be read; write mysql://USER:PASSWORD@HOST/DATABASE, and percent-encode what is no letter "
            + "or digit in the password; the parameters are ssl-mode (disabled, preferred, required, verify-identity), "
            + "ssl-ca, ssl-cert, ssl-key and socket",
        mayPass: false
    )

    /// An error of the server or of libmariadb, which makes those from 2000 and from 5000 on.
    init(code: Int, sqlState: String, message: String) {
        let isOfClient = 2000..<3000 ~= code || 5000..<5100 ~= code
        if isOfClient || Self.ending.contains(code) {
            self = .lost("\(message) (error \(code))")
        } else {
            self = .refused(Refusal(code: code, sqlState: sqlState, message: message))
        }
    }

    /// Shutdown, killed, network errors, and a client that was silent for too long.
    private static let ending: Set = [1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031]

    /// The same error where it came up while connecting.
    var asUnreachable: MySQLError {
        switch self {
        case .refused(let refusal):
            .unreachable("\(refusal.message) (error \(refusal.code))", mayPass: refusal.isAboutLoad)
        // 2026 is TLS; 2059 and 2061 are a plugin for signing in that is missing here.
        case .lost(let reason):
            .unreachable(reason, mayPass: ![2026, 2059, 2061].contains { reason.hasSuffix("(error \($0))") })
        case .unreachable, .nulByte: self
        }
    }

    var code: Int? {
        if case .refused(let refusal) = self { refusal.code } else { nil }
    }

    /// Whether the same transaction may succeed when it is run again at once: a deadlock, a row that changed, a statement
    /// that the server must prepare again.
    var isPassing: Bool { [1020, 1213, 1615].contains(self.code) }

    /// Whether to run the transaction again once: another caller was first with a key, or held a lock for too long.
    var isWorthOneRepeat: Bool { [1062, 1205].contains(self.code) }

    /// Whether the statement was cancelled by ``MySQLConnection/cancel()``.
    var isCancellation: Bool { self.code == 1317 }

    /// Whether the server is ending the connection, or is a replica, so that the connection must not be used again.
    var endsConnection: Bool {
        switch self {
        case .lost, .unreachable: true
        case .refused(let refusal): refusal.isReadOnly || refusal.isTooLarge
        case .nulByte: false
        }
    }
}

extension MySQLError.Refusal {
    var isReadOnly: Bool { [1290, 1836].contains(self.code) }

    /// Whether a packet was larger than `max_allowed_packet`; the server ends the connection.
    var isTooLarge: Bool { self.code == 1153 }

    /// Too many connections, of everyone or of this user, or out of memory.
    var isAboutLoad: Bool { [1037, 1038, 1040, 1041, 1135, 1203, 1226].contains(self.code) }

    /// Whether it is about what is in a row, so that other rows may fare better.
    ///
    /// Classes of SQLSTATE that the servers do not use themselves are those of a team's own triggers.
    var isAboutRow: Bool {
        let kind = self.sqlState.prefix(2)
        return Self.rowClasses.contains(kind) || !Self.otherClasses.contains(kind) || Self.rowCodes.contains(self.code)
    }

    /// Cardinality, data, integrity, conflicts with others' rows, views with a check, what triggers signal.
    private static let rowClasses: Set<Substring> = ["21", "22", "23", "40", "44", "45"]
    private static let otherClasses: Set<Substring> = [
        "00", "01", "02", "07", "08", "0A", "0B", "0K", "0Z", "20", "24", "25", "26", "28", "2F", "34", "35", "3D",
        "42",
        "70", "HV", "HY", "XA",
    ]
    /// Those that have `HY000`: a wrong value, a violated check, wrong JSON.
    private static let rowCodes: Set = [1366, 1411, 3140, 3819]
}

extension UnstickError {
    /// Where libmariadb's errors become Unstick's: none leaves this target.
    init(_ error: MySQLError) {
        switch error {
        case .lost(let reason):
            self.init(.databaseUnavailable, "\(Self.unreachable) The connection was lost.", cause: reason)
        case .unreachable(let reason, _):
            self.init(.databaseUnavailable, Self.unreachable, cause: reason)
        case .nulByte:
            self.init(.invalidArgument, "A text contains a NUL byte, which PostgreSQL cannot store. Remove it.")
        case .refused(let refusal):
            self.init(refusal)
        }
    }

    /// What every caller gets; where the database is and who asked it is for the log.
    private static let unreachable = "The database cannot be reached."

    private init(_ refusal: MySQLError.Refusal) {
        let cause = "\(refusal.message) (error \(refusal.code), SQLSTATE \(refusal.sqlState))"
        switch refusal.code {
        case _ where refusal.isReadOnly:
            self.init(.databaseUnusable, "The database is read-only, for example a replica. Connect to the primary.")
        case 1054, 1146:
            self.init(
                .schemaMismatch,
                "A table or column is missing in the database. 'unstick migrate' creates Unstick's own tables.",
                cause: cause
            )
        case 1044, 1142, 1143, 1227, 1370:
            self.init(.databaseUnusable, "The database user lacks a right. Grant it.", cause: cause)
        case 1317, 1969, 3024:
            self.init(.databaseUnavailable, "The database took too long, and the statement was cancelled. Try again.")
        case 1205:
            self.init(
                .lockTimeout,
                "Another transaction has held a lock for too long, and the wait timed out. Try again."
            )
        case 3819 where refusal.message.contains(Self.amountCheck),
            4025 where refusal.message.contains(Self.amountCheck):
            self.init(.databaseRejected, StuckJob.badCost)
        case 1021, 1114:
            self.init(
                .databaseUnusable,
                "The database's disk is full. Free some space; nothing was changed.",
                cause: cause
            )
        case 1264, 1690, 3819, 4025:
            self.init(
                .databaseRejected,
                "A value would be out of its range, for example a balance above \(Limits.tokens).",
                cause: cause
            )
        case _ where refusal.isTooLarge:
            self.init(
                .databaseUnusable,
                "A batch is larger than the server's max_allowed_packet. Raise it.",
                cause: cause
            )
        case _ where refusal.isAboutLoad:
            self.init(.databaseUnavailable, "\(Self.unreachable) It cannot serve now.", cause: cause)
        default:
            self.init(
                refusal.isAboutRow ? .databaseRejected : .databaseUnusable,
                "The database refused the change.",
                cause: cause
            )
        }
    }

    /// The check of what a run item refunds.
    private static let amountCheck = "run_items_amount_check"
}
