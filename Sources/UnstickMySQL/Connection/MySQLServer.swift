import CMariaDB
import Unstick
import UnstickSQL

/// The server of a connection, and its settings where MariaDB and MySQL differ.
package struct MySQLServer: Sendable {
    /// Whether it identifies itself as MariaDB.
    package let isMariaDB: Bool
    /// 10.6.21 is 100,621.
    package let version: Int
    /// The server's id of the connection.
    let connectionID: UInt

    init(_ handle: MySQLHandle) {
        self.isMariaDB = mariadb_connection(handle.pointer) != 0
        self.version = Int(mysql_get_server_version(handle.pointer))
        self.connectionID = mysql_thread_id(handle.pointer)
    }

    /// The database's clock, in milliseconds since 1970.
    static let clock = "SELECT timestampdiff(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', utc_timestamp(3)) DIV 1000"

    /// The settings of a session, for `SET`.
    var settings: [String] {
        [
            // Parameters have the collation of NAMES, not that of the connection.
            "NAMES utf8mb4 COLLATE \(self.collation)", "time_zone = '+00:00'",
            // MariaDB would make the account of a grant that is not there, without a password. MySQL never does.
            "sql_mode = '\(Self.modes)\(self.isMariaDB ? ",NO_AUTO_CREATE_USER" : "")'",
            "\(self.isMariaDB ? "tx_isolation" : "transaction_isolation") = 'READ-COMMITTED'",
            // Rows in a join buffer lose the order of the index.
            self.isMariaDB ? "join_cache_level = 0" : "optimizer_switch = 'block_nested_loop=off'",
            // MySQL has no timeout for a transaction of a silent client, but one for every connection.
            "\(self.isMariaDB ? "idle_transaction_timeout" : "wait_timeout") = \(ServerLimits.idle.components.seconds)",
        ]
    }

    /// By bytes, including the spaces at the end of a text.
    package var collation: String { self.isMariaDB ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin" }

    /// Errors instead of changed values, and the quoting and concatenation of standard SQL.
    static let modes = """
        STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,\
        ANSI_QUOTES,NO_BACKSLASH_ESCAPES
        """

    /// The time limit of one statement, for `SET`.
    ///
    /// On MySQL the limit applies to reads only; the wait for locks is limited on both.
    func limits(_ limit: Duration) -> [String] {
        let seconds = max(1, ServerLimits.lock(within: limit).components.seconds)
        let milliseconds = limit.inMilliseconds
        let ofStatement =
            self.isMariaDB
            ? "max_statement_time = \(Double(milliseconds) / 1000)" : "max_execution_time = \(milliseconds)"
        return [ofStatement, "innodb_lock_wait_timeout = \(seconds)", "lock_wait_timeout = \(seconds)"]
    }
}
