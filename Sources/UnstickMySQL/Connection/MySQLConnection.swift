import CMariaDB
import Unstick
package import UnstickSQL

/// One connection to MariaDB or MySQL.
///
/// All calls block, so only threads of the pool make them, for the one task that leased the connection. This makes it
/// safe to use from different threads.
package final class MySQLConnection: PooledConnection, @unchecked Sendable {
    package typealias Failure = MySQLError

    private let address: MySQLAddress
    private let handle: MySQLHandle
    private let names: TableNames
    private var prepared = PreparedStatements()
    /// The current limits of the session; `nil` once a statement has changed settings.
    private var limit: Duration?
    private var isInTransaction = false
    package private(set) var isUsable = true

    /// The server's product and version.
    package let server: MySQLServer

    /// How long to wait after a statement's own time limit before the server counts as dead.
    private static let grace = Duration.seconds(10)

    /// Connects and configures the session.
    ///
    /// - Parameters:
    ///   - url: `mysql://…` or `mariadb://…`.
    ///   - names: the names of Unstick's own tables there.
    package init(url: String, names: TableNames) throws(MySQLError) {
        self.address = try MySQLAddress(url: url)
        self.names = names
        self.handle = try MySQLHandle(self.address)
        self.server = MySQLServer(self.handle)
        do {
            let settings = self.server.settings + self.server.limits(ServerLimits.statement)
            try self.set(settings, limit: ServerLimits.statement)
        } catch {
            throw error.asUnreachable
        }
    }

    // The server drops the statements with the connection, so none is closed by itself.
    deinit { self.handle.close() }

    /// The number of prepared statements.
    var preparedCount: Int { self.prepared.count }

    package var isAlive: Bool {
        // The server sends nothing unrequested but the end.
        self.isUsable && !SocketWait.hasInput(mysql_get_socket(self.handle.pointer))
    }

    /// Cancels the current statement, over a second connection.
    package func cancel() {
        guard let handle = try? MySQLHandle(self.address) else { return }
        _ = try? handle.run("KILL QUERY \(self.server.connectionID)", before: .now + Self.grace)
    }

    /// Runs calls one after the other.
    ///
    /// Outside a transaction each is its own transaction.
    ///
    /// - Parameters:
    ///   - calls: the calls, in their order; those after a refused one are not run.
    ///   - limit: the time limit of each.
    package func send(_ calls: [SQLCall], limit: Duration) throws(MySQLError) -> [MySQLResult] {
        var now: Int?
        return try self.send(calls, limit: limit, now: &now)
    }

    /// - Parameter now: the database's clock, in milliseconds since 1970; read when the first call needs it.
    func send(_ calls: [SQLCall], limit: Duration, now: inout Int?) throws(MySQLError) -> [MySQLResult] {
        var results: [MySQLResult] = []
        do {
            for call in calls { results.append(try self.run(call, limit: limit, now: &now)) }
        } catch {
            throw self.noted(error)
        }
        return results
    }

    /// Runs a statement and calls a function with each row, without keeping the rows.
    func scan(_ call: SQLCall, limit: Duration, _ use: (any StoredRow) -> Void) throws(MySQLError) {
        var now: Int?
        do {
            let statement = try self.ready(call, limit: limit, now: &now)
            let deadline = ContinuousClock.now + limit + Self.grace
            let prepared = try self.prepared(statement.sql, before: deadline)
            try prepared.scan(statement.values(call.arguments, now: now), before: deadline, use)
        } catch {
            throw self.noted(error)
        }
    }

    private func run(_ call: SQLCall, limit: Duration, now: inout Int?) throws(MySQLError) -> MySQLResult {
        let statement = try self.ready(call, limit: limit, now: &now)
        if statement.changesSettings { self.limit = nil }
        let values = try statement.values(call.arguments, now: now)
        return try self.execute(statement.sql, values, onKey: statement.onKey, limit: limit)
    }

    /// The statement of a call, after the session has its limits and the clock was read if the statement needs it.
    private func ready(_ call: SQLCall, limit: Duration, now: inout Int?) throws(MySQLError) -> MySQLStatement {
        try self.keep(limit)
        let statement = MySQLStatement.parsed(call.sql, self.names)
        if now == nil, statement.needsClock(call.arguments) {
            now = try self.execute(MySQLServer.clock, [], limit: limit).row(at: 0).integer(at: 0)
        }
        return statement
    }

    private func execute(
        _ sql: String,
        _ values: [SQLValue],
        onKey: MySQLSpelling.OnKey? = nil,
        limit: Duration
    ) throws(MySQLError) -> MySQLResult {
        let bytes = values.reduce(0) { $0 + $1.sentBytes }
        if bytes > Self.anyPacket { try self.checkFits(bytes, limit: limit) }
        let deadline = ContinuousClock.now + limit + Self.grace
        return try self.prepared(sql, before: deadline).run(values, onKey: onKey, before: deadline)
    }

    /// What every server takes in one packet, in bytes.
    private static let anyPacket = 524_288

    /// Checks that the server takes values of this length: a larger packet would end the connection without a clear answer.
    ///
    /// - Throws: `refused` with the setting in its message.
    private func checkFits(_ bytes: Int, limit: Duration) throws(MySQLError) {
        let sql = "SELECT @@max_allowed_packet"
        let most = try self.execute(sql, [], limit: limit).row(at: 0).integer(at: 0) ?? 0
        guard bytes >= most else { return }
        throw .tooLarge("The values of a statement have \(bytes) bytes; max_allowed_packet is \(most)")
    }

    private func prepared(_ sql: String, before deadline: ContinuousClock.Instant) throws(MySQLError) -> MySQLPrepared {
        try self.prepared.statement(sql) { () throws(MySQLError) in
            try MySQLPrepared(sql, on: self.handle, before: deadline)
        }
    }

    /// Begins a transaction with these commands.
    func begin(_ commands: [String], limit: Duration) throws(MySQLError) {
        do {
            try self.keep(limit)
            for command in commands { try self.command(command, limit: limit) }
            self.isInTransaction = true
        } catch {
            throw self.noted(error)
        }
    }

    /// Ends a transaction with this command.
    func end(_ command: String, limit: Duration) throws(MySQLError) {
        self.isInTransaction = false
        do { try self.command(command, limit: limit) } catch { throw self.noted(error) }
    }

    /// Runs a statement of the schema, because not every server prepares those.
    func define(_ sql: String, limit: Duration) throws(MySQLError) {
        do {
            try self.keep(limit)
            try self.command(sql, limit: limit)
        } catch {
            throw self.noted(error)
        }
    }

    private func command(_ text: String, limit: Duration) throws(MySQLError) {
        _ = try self.handle.run(text, before: .now + limit + Self.grace)
    }

    /// Sets the session's limits to those of this call; within a transaction they stay as they were at its start.
    private func keep(_ limit: Duration) throws(MySQLError) {
        guard self.limit != limit, !self.isInTransaction else { return }
        try self.set(self.server.limits(limit), limit: limit)
    }

    private func set(_ settings: [String], limit: Duration) throws(MySQLError) {
        try self.command("SET " + settings.joined(separator: ", "), limit: limit)
        self.limit = limit
    }

    private func noted(_ error: MySQLError) -> MySQLError {
        if error.endsConnection { self.isUsable = false }
        return error
    }
}
