import CMariaDB
import Unstick
import UnstickSQL

/// Which server a connection has, and its settings where MariaDB and MySQL differ.
package struct MySQLServer: Sendable {
    /// Whether it says that it is MariaDB.
    package let isMariaDB: Bool
    /// 10.6.21 is 100,621.
    package let version: Int
    /// By what the server knows the connection.
    let connectionID: UInt

    init(_ handle: MySQLHandle) {
        self.isMariaDB = mariadb_connection(handle.pointer) != 0
        self.version = Int(mysql_get_server_version(handle.pointer))
        self.connectionID = mysql_thread_id(handle.pointer)
    }

    /// The database's clock, in milliseconds since 1970.
    static let clock = "SELECT timestampdiff(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', utc_timestamp(3)) DIV 1000"

    /// What a session is set to once, for `SET`.
    var settings: [String] {
        [
            // Parameters have the collation of NAMES, not that of the connection.
            "NAMES utf8mb4 COLLATE \(self.collation)", "time_zone = '+00:00'", "sql_mode = '\(Self.modes)'",
            "\(self.isMariaDB ? "tx_isolation" : "transaction_isolation") = 'READ-COMMITTED'",
            // Rows that wait in a buffer to be joined lose the order in which an index has them.
            self.isMariaDB ? "join_cache_level = 0" : "optimizer_switch = 'block_nested_loop=off'",
            // MySQL has no limit for a transaction whose client has gone silent, but one for every connection.
            "\(self.isMariaDB ? "idle_transaction_timeout" : "wait_timeout") = \(ServerLimits.idle.components.seconds)",
        ]
    }

    /// By bytes, with the spaces at the end of a text.
    package var collation: String { self.isMariaDB ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin" }

    /// Errors in place of changed values, and the quoting and concatenation of standard SQL.
    static let modes = """
        STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,\
        ANSI_QUOTES,NO_BACKSLASH_ESCAPES
        """

    /// How long one statement may take, for `SET`.
    ///
    /// On MySQL the limit holds for reading only; the wait for locks is limited on both.
    func limits(_ limit: Duration) -> [String] {
        let seconds = max(1, ServerLimits.lock(within: limit).components.seconds)
        let milliseconds = limit.inMilliseconds
        let ofStatement =
            self.isMariaDB
            ? "max_statement_time = \(Double(milliseconds) / 1000)" : "max_execution_time = \(milliseconds)"
        return [ofStatement, "innodb_lock_wait_timeout = \(seconds)", "lock_wait_timeout = \(seconds)"]
    }
}
