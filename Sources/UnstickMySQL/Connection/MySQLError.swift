package import Unstick
import UnstickSQL

/// The errors of a connection.
package enum MySQLError: Error, Hashable {
    /// The server refused a statement; the connection stays usable.
    case refused(Refusal)
    /// The connection is lost. The current work may or may not have happened.
    case lost(String)
    /// No connection could be opened; `mayPass` says whether a later try may succeed.
    case unreachable(String, mayPass: Bool)
    /// The URL of the database has another form.
    case unreadableURL
    /// A text contains a NUL byte, which PostgreSQL cannot store, so no database accepts it.
    case nulByte

    /// The error of the server.
    package struct Refusal: Hashable, Sendable {
        /// The number of the error; MariaDB's and MySQL's are the same below 1900.
        package var code: Int
        /// The five characters of the SQLSTATE; `HY000` for many errors.
        package var sqlState: String
        package var message: String
    }

    /// A packet is larger than `max_allowed_packet`.
    fileprivate static let packetTooLarge = 1153

    /// The server's error for a packet that is larger than its limit.
    static func tooLarge(_ message: String) -> MySQLError {
        .refused(Refusal(code: self.packetTooLarge, sqlState: "08S01", message: message))
    }

    /// The error of a statement.
    init(code: Int, sqlState: String, message: String) {
        if Self.isOfClient(code) || Self.ending.contains(code) {
            self = .lost("\(message) (error \(code))")
        } else {
            self = .refused(Refusal(code: code, sqlState: sqlState, message: message))
        }
    }

    /// The error of a connection attempt.
    init(connecting code: Int, message: String) {
        let mayPass =
            Self.isOfClient(code)
            ? !Self.lasting.contains(code) : Self.ending.contains(code) || Refusal.load.contains(code)
        self = .unreachable("\(message) (error \(code))", mayPass: mayPass)
    }

    /// Whether it is an error of libmariadb itself.
    private static func isOfClient(_ code: Int) -> Bool { 2000..<3000 ~= code || 5000..<5100 ~= code }

    /// Shutdown, killed, network errors, and a client that was silent for too long.
    private static let ending: Set = [1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031]

    /// Encryption, and unknown authentication methods.
    private static let lasting: Set = [2026, 2058, 2059, 2061]

    /// The same error during the configuration of a session.
    var asUnreachable: MySQLError {
        switch self {
        case .lost(let reason): .unreachable(reason, mayPass: true)
        case .refused(let refusal): MySQLError(connecting: refusal.code, message: refusal.message)
        case .unreachable, .unreadableURL, .nulByte: self
        }
    }

    /// Another row has the key.
    static let repeatedKey = 1062

    var code: Int? {
        if case .refused(let refusal) = self { refusal.code } else { nil }
    }

    /// Whether the server is ending the connection, or is a replica, so that the connection must not be used again.
    var endsConnection: Bool {
        switch self {
        case .lost, .unreachable, .unreadableURL: true
        case .refused(let refusal): refusal.isReadOnly || refusal.isTooLarge
        case .nulByte: false
        }
    }
}

extension MySQLError.Refusal {
    var isReadOnly: Bool { [1290, 1836].contains(self.code) }

    /// Whether a packet was larger than `max_allowed_packet`; the server ends the connection.
    var isTooLarge: Bool { self.code == MySQLError.packetTooLarge }

    /// Whether it is about the current load of the server.
    var isAboutLoad: Bool { Self.load.contains(self.code) }

    /// Too many connections, in all or of this user, or out of memory.
    static let load: Set = [1037, 1038, 1040, 1041, 1135, 1203, 1226]

    /// Whether it is about the content of a row, so that other rows may succeed.
    ///
    /// Classes of SQLSTATE that the servers do not use belong to a team's own triggers.
    var isAboutRow: Bool {
        let kind = self.sqlState.prefix(2)
        return Self.rowClasses.contains(kind) || !Self.otherClasses.contains(kind) || Self.rowCodes.contains(self.code)
    }

    /// Cardinality, data, integrity, conflicts with other rows, views with a check, errors of triggers.
    private static let rowClasses: Set<Substring> = ["21", "22", "23", "40", "44", "45"]
    private static let otherClasses: Set<Substring> = [
        "00", "01", "02", "07", "08", "0A", "0B", "0K", "0Z", "20", "24", "25", "26", "28", "2F", "34", "35", "3D",
        "42",
        "70", "HV", "HY", "XA",
    ]
    /// Errors with `HY000`: a wrong value, a violated check, wrong JSON.
    private static let rowCodes: Set = [1366, 1411, 3140, 3819]
}

extension MySQLError: ConnectionError {
    package var lossReason: String? {
        if case .lost(let reason) = self { reason } else { nil }
    }

    package var mayConnectLater: Bool {
        if case .unreachable(_, let mayPass) = self { mayPass } else { false }
    }

    /// A deadlock, a row that changed, or a statement that the server must prepare again.
    package var isPassing: Bool { self.isOne(of: [1020, 1213, 1615]) }

    /// Another caller was first with a key or held a lock for too long, or the cancellation of an earlier statement
    /// arrived late.
    package var isWorthOneRepeat: Bool { self.isOne(of: [1062, 1205, 1317]) }

    package var isCancellation: Bool { self.isOne(of: [1317]) }

    private func isOne(of codes: Set<Int>) -> Bool { self.code.map(codes.contains) ?? false }

    package var unstickError: UnstickError { UnstickError(self) }
}

extension UnstickError {
    /// Converts libmariadb's errors to Unstick's: none leaves this target.
    init(_ error: MySQLError) {
        switch error {
        case .lost(let reason): self = .connectionLost(reason)
        case .unreachable(let reason, _): self = .serverUnreachable(reason)
        case .unreadableURL:
            self = .unreadableURL(
                "mysql://USER:PASSWORD@HOST/DATABASE",
                parameters:
                    "the parameters are ssl-mode (disabled, preferred, required, verify-identity), ssl-ca, ssl-cert, "
                    + "ssl-key and socket"
            )
        case .nulByte: self = .nulByte
        case .refused(let refusal): self.init(refusal)
        }
    }

    private init(_ refusal: MySQLError.Refusal) {
        let cause = "\(refusal.message) (error \(refusal.code), SQLSTATE \(refusal.sqlState))"
        switch refusal.code {
        case _ where refusal.isReadOnly: self = .readOnlyServer
        case 1054, 1146:
            self.init(
                .schemaMismatch,
                "A table or column is missing in the database. 'unstick migrate' creates Unstick's own tables.",
                cause: cause
            )
        case 1044, 1142, 1143, 1227, 1370:
            self.init(
                .databaseUnusable,
                "The database user lacks a right. 'unstick migrate --role NAME' grants it.",
                cause: cause
            )
        case 1317, 1969, 3024: self = .statementTimedOut
        case 1205: self = .lockTimedOut
        case 3819, 4025:
            self =
                Self.amountChecks.contains { refusal.message.contains($0) }
                ? UnstickError(.databaseRejected, StuckJob.badCost) : .valueOutOfRange(cause)
        case 1264, 1690: self = .valueOutOfRange(cause)
        case 1021, 1114: self = .serverDiskFull(cause)
        case _ where refusal.isTooLarge:
            self.init(
                .databaseUnusable,
                "A batch is larger than the server's max_allowed_packet. Raise it.",
                cause: cause
            )
        case _ where refusal.isAboutLoad: self = .serverBusy(cause)
        default: self = .changeRefused(cause, isAboutRow: refusal.isAboutRow)
        }
    }

    static let readOnlyServer = UnstickError(
        .databaseUnusable,
        "The database is read-only, for example a replica. Connect to the primary."
    )

    /// The check of a run item's refund: by its name, and by MariaDB's name for an unnamed check.
    private static let amountChecks = ["run_items_amount_check", "run_items.amount`"]
}
