import CMariaDB
import Foundation
import UnstickSQL

/// A connection of libmariadb.
///
/// All calls block, and one thread at a time uses it.
final class MySQLHandle {
    let pointer: UnsafeMutablePointer<MYSQL>
    private var isClosed = false

    /// The timeout for a host that does not answer, in seconds.
    private static let connectTimeout: UInt32 = 10

    /// The ways to authenticate that never send the password as plain text: a server may ask for another one before the
    /// connection is encrypted.
    private static let authentication =
        "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec"

    /// libmariadb must be initialized once, before several threads use it.
    private static let isReady = mysql_server_init(0, nil, nil) == 0

    /// Connects and authenticates.
    init(_ address: MySQLAddress) throws(MySQLError) {
        guard Self.isReady, let pointer = mysql_init(nil) else {
            throw .unreachable("libmariadb cannot be set up", mayPass: false)
        }
        self.pointer = pointer
        self.configure(address)
        // An UPDATE counts the rows that it finds, also those that already have the new values.
        let flags = UInt(CLIENT_FOUND_ROWS)
        let connection = mysql_real_connect(
            pointer,
            // With another host, libmariadb would not use the socket.
            address.socket == nil ? address.host : "localhost",
            address.user,
            address.password,
            address.database,
            address.port,
            address.socket,
            flags
        )
        guard connection != nil else {
            throw MySQLError(connecting: Int(mysql_errno(pointer)), message: String(cString: mysql_error(pointer)))
        }
        guard
            address.encryption == .preferred || address.encryption == .disabled || mysql_get_ssl_cipher(pointer) != nil
        else { throw .unreachable("the server does not encrypt connections", mayPass: false) }
    }

    deinit { self.close() }

    /// Closes the connection; statements that were prepared on it must still be freed.
    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        mysql_close(self.pointer)
    }

    private func configure(_ address: MySQLAddress) {
        self.set(MYSQL_OPT_CONNECT_TIMEOUT, Self.connectTimeout)
        // These apply to the authentication. A statement has its own deadline.
        self.set(MYSQL_OPT_READ_TIMEOUT, Self.connectTimeout)
        self.set(MYSQL_OPT_WRITE_TIMEOUT, Self.connectTimeout)
        self.set(MYSQL_OPT_LOCAL_INFILE, 0 as UInt32)
        mysql_options(self.pointer, MARIADB_OPT_RESTRICTED_AUTH, Self.authentication)
        // Without it, libmariadb would use a socket for the host "localhost".
        self.set(MYSQL_OPT_PROTOCOL, (address.socket == nil ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET).rawValue)
        mysql_options(self.pointer, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        mysql_options(self.pointer, MYSQL_OPT_NONBLOCK, nil)
        self.set(MYSQL_OPT_SSL_ENFORCE, (address.encryption == .disabled ? 0 : 1) as my_bool)
        self.set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, (address.encryption == .verifyIdentity ? 1 : 0) as my_bool)
        let files = [
            (MYSQL_OPT_SSL_CA, address.authorities), (MYSQL_OPT_SSL_CERT, address.certificate),
            (MYSQL_OPT_SSL_KEY, address.key),
        ]
        for case (let option, let path?) in files where address.encryption != .disabled {
            mysql_options(self.pointer, option, path)
        }
    }

    private func set<Value>(_ option: mysql_option, _ value: Value) {
        _ = withUnsafePointer(to: value) { mysql_options(self.pointer, option, $0) }
    }

    /// Runs a command in the text protocol, which also accepts commands that cannot be prepared.
    ///
    /// - Returns: the number of rows found or changed.
    func run(_ command: String, before deadline: ContinuousClock.Instant) throws(MySQLError) -> Int {
        try self.query(command, before: deadline)
        guard mysql_field_count(self.pointer) == 0 else { preconditionFailure("a command that answers with rows") }
        return Int(truncatingIfNeeded: mysql_affected_rows(self.pointer))
    }

    /// - Throws: the first error that the statement before turned into a warning, unless all are repeated keys.
    func checkOnlyKeysRepeat(before deadline: ContinuousClock.Instant) throws(MySQLError) {
        guard mysql_warning_count(self.pointer) > 0 else { return }
        try self.query("SHOW WARNINGS", before: deadline)
        guard let rows = mysql_store_result(self.pointer) else { throw self.failure }
        defer { mysql_free_result(rows) }
        while let row = mysql_fetch_row(rows) {
            let (code, message) = (row[1].flatMap { Int(String(cString: $0)) } ?? 0, row[2].map { String(cString: $0) })
            guard code == MySQLError.repeatedKey else {
                throw .refused(.init(code: code, sqlState: "HY000", message: message ?? "an error without a message"))
            }
        }
    }

    private func query(_ command: String, before deadline: ContinuousClock.Instant) throws(MySQLError) {
        let length = UInt(command.utf8.count)
        let code = command.withCString { text in
            self.finish(
                before: deadline,
                { mysql_real_query_start(&$0, self.pointer, text, length) },
                { mysql_real_query_cont(&$0, self.pointer, $1) }
            )
        }
        guard code == 0 else { throw self.failure }
    }

    /// The error of the last call.
    var failure: MySQLError {
        MySQLError(
            code: Int(mysql_errno(self.pointer)),
            sqlState: String(cString: mysql_sqlstate(self.pointer)),
            message: String(cString: mysql_error(self.pointer))
        )
    }

    /// Calls libmariadb and waits for the server, at most until the deadline.
    ///
    /// - Parameters:
    ///   - start: starts the call; returns what it waits for.
    ///   - proceed: continues the call after an event.
    /// - Returns: the result of the call. After the deadline it is the one of a lost connection.
    func finish(
        before deadline: ContinuousClock.Instant,
        _ start: (inout Int32) -> Int32,
        _ proceed: (inout Int32, Int32) -> Int32
    ) -> Int32 {
        var result: Int32 = 0
        var wanted = start(&result)
        while wanted != 0 { wanted = proceed(&result, self.wait(for: wanted, before: deadline)) }
        return result
    }

    private func wait(for wanted: Int32, before deadline: ContinuousClock.Instant) -> Int32 {
        let events = (wanted & MYSQL_WAIT_READ == 0 ? 0 : POLLIN) | (wanted & MYSQL_WAIT_WRITE == 0 ? 0 : POLLOUT)
        guard SocketWait.isReady(mysql_get_socket(self.pointer), for: Int32(events), before: deadline) else {
            return MYSQL_WAIT_TIMEOUT
        }
        return wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE)
    }
}
