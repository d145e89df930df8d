import CLibPQ
import Foundation
package import UnstickSQL

/// One connection of libpq.
///
/// All calls block, so only threads of the pool make them, for the one task that leased the connection. This makes it
/// safe to use from different threads.
package final class PostgresConnection: PooledConnection, @unchecked Sendable {
    package typealias Failure = PostgresError

    private let connection: OpaquePointer
    private var prepared: Set<String> = []
    private let preparing: PostgresPreparing
    private let prepares: Bool
    package private(set) var isUsable = true

    /// The handle with which another thread cancels the current statement.
    private let canceller: PostgresCanceller

    /// The timeout for a host that does not answer, if the connection string has none.
    private static let connectTimeout = 10
    /// How long to wait after a statement's own time limit before the server counts as dead.
    private static let grace = Duration.seconds(10)

    /// Connects.
    ///
    /// - Parameters:
    ///   - url: a connection URI or string, with all parameters of libpq.
    ///   - preparing: whether statements are prepared under their names; the connections of a pool share it.
    package init(url: String, preparing: PostgresPreparing = PostgresPreparing()) throws(PostgresError) {
        try Self.check(url)
        // The later one wins: parameters of the URL override these.
        let options = [
            ("connect_timeout", String(Self.connectTimeout)), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "30000"), ("fallback_application_name", "unstick"),
            ("dbname", url), ("client_encoding", "UTF8"),
        ]
        let names = options.map { strdup($0.0) } + [nil]
        let values = options.map { strdup($0.1) } + [nil]
        defer { for text in names + values { free(text) } }
        let connection = PQconnectdbParams(
            names.map { UnsafePointer($0) },
            values.map { UnsafePointer($0) },
            1
        )
        guard let connection else { throw .unreachable("out of memory") }
        guard PQstatus(connection) == CONNECTION_OK, let canceller = PostgresCanceller(connection) else {
            let reason = Self.message(of: connection)
            PQfinish(connection)
            // libpq refuses a value, such as a port or an sslmode, before it connects; it quotes the value.
            let isInvalid = reason.hasPrefix("invalid ") || reason.contains("failed: invalid integer value ")
            throw isInvalid ? .unreadableURL : .unreachable(reason)
        }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        self.connection = connection
        self.canceller = canceller
        (self.preparing, self.prepares) = (preparing, preparing.isOn)
        guard PQenterPipelineMode(connection) == 1 else { throw .unreachable("libpq has no pipeline mode") }
    }

    /// Refuses a URL that libpq cannot parse, with our own message, because libpq's quotes parts of the password.
    private static func check(_ url: String) throws(PostgresError) {
        guard let options = PQconninfoParse(url, nil) else { throw .unreadableURL }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            let value = option.pointee.val.map { String(cString: $0) } ?? ""
            let name = String(cString: keyword)
            // A part of a password whose / or @ is not encoded ends up here.
            let isWrong =
                name == "port" && !value.allSatisfy { $0.isWholeNumber || $0 == "," }
                || ["host", "hostaddr"].contains(name) && value.contains("@")
            guard !isWrong else { throw .unreadableURL }
            option += 1
        }
    }

    deinit { PQfinish(self.connection) }

    package var isAlive: Bool {
        guard self.isUsable, !self.prepares || self.preparing.isOn else { return false }
        guard SocketWait.hasInput(PQsocket(self.connection)) else { return true }
        // Unrequested input has arrived: a notice, or the end.
        return PQconsumeInput(self.connection) == 1 && PQstatus(self.connection) == CONNECTION_OK
    }

    package func cancel() { self.canceller.cancel() }

    /// Sends all calls at once and reads their answers: one round trip.
    ///
    /// Without a `BEGIN` before, the calls are their own transaction, committed when all have succeeded. After an error
    /// the rest was not executed.
    ///
    /// - Parameters:
    ///   - calls: the calls, in their order.
    ///   - limit: the time limit of each.
    package func send(_ calls: [SQLCall], limit: Duration) throws(PostgresError) -> [PostgresResult] {
        var sent: [(prepares: Bool, name: String)] = []
        var preparing = self.prepared
        for call in calls {
            let values = try Self.values(of: call)
            let prepares = self.prepares && preparing.insert(call.statement.name).inserted
            try self.enqueue(call.statement, values, prepares: prepares)
            sent.append((prepares, call.statement.name))
        }
        guard PQpipelineSync(self.connection) == 1 else { throw self.breakOff() }
        let deadline = ContinuousClock.now + limit * calls.count + Self.grace
        var results: [PostgresResult] = []
        var failure: PostgresError?
        for step in sent {
            if step.prepares {
                do {
                    _ = try self.answer(before: deadline)
                    self.prepared.insert(step.name)
                } catch {
                    if error.endsConnection { throw self.broken(error) }
                    failure = failure ?? error
                }
            }
            do {
                results.append(try self.answer(before: deadline))
            } catch {
                if error.endsConnection { throw self.broken(error) }
                // Calls after a refused one answer that they were skipped; the first refusal is the reason.
                failure = failure ?? error
            }
        }
        do {
            try self.synchronize(before: deadline)
        } catch {
            if error.endsConnection { throw self.broken(error) }
            failure = failure ?? error
        }
        if let failure {
            if failure.isAboutPreparing { self.preparing.end() }
            throw failure
        }
        return results
    }

    private static func values(of call: SQLCall) throws(PostgresError) -> [String?] {
        do { return try call.values() } catch { throw .nulByte }
    }

    private func enqueue(
        _ statement: PostgresStatement,
        _ values: [String?],
        prepares: Bool
    ) throws(PostgresError) {
        let count = Int32(values.count)
        if prepares {
            guard PQsendPrepare(self.connection, statement.name, statement.sql, 0, nil) == 1 else {
                throw self.breakOff()
            }
        }
        let copies = values.map { $0.flatMap { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { UnsafePointer<CChar>($0) }
        let sent =
            self.prepares
            ? PQsendQueryPrepared(self.connection, statement.name, count, pointers, nil, nil, 0)
            : PQsendQueryParams(self.connection, statement.sql, count, nil, pointers, nil, nil, 0)
        guard sent == 1 else { throw self.breakOff() }
    }

    /// The one result of a statement, and the end of its results.
    private func answer(before deadline: ContinuousClock.Instant) throws(PostgresError) -> PostgresResult {
        guard let result = try self.next(before: deadline) else { throw self.breakOff() }
        let answer = PostgresResult(result)
        let failure = Self.failure(result)
        _ = try self.next(before: deadline)
        if let failure { throw failure }
        return answer
    }

    private static func failure(_ result: OpaquePointer) -> PostgresError? {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: nil
        case PGRES_PIPELINE_ABORTED:
            .refused(.init(sqlState: "25P02", message: "skipped after an error", constraint: nil))
        default: self.refusal(result)
        }
    }

    /// Reads up to the end of the pipeline; an error there is one at commit.
    private func synchronize(before deadline: ContinuousClock.Instant) throws(PostgresError) {
        var failure: PostgresError?
        while let result = try self.next(before: deadline) {
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { break }
            failure = failure ?? Self.refusal(result)
            _ = try self.next(before: deadline)
        }
        if let failure { throw failure }
    }

    /// Waits for the next result, at most until the deadline.
    private func next(before deadline: ContinuousClock.Instant) throws(PostgresError) -> OpaquePointer? {
        guard PQflush(self.connection) >= 0 else { throw self.breakOff() }
        while PQisBusy(self.connection) == 1 {
            guard SocketWait.isReady(PQsocket(self.connection), for: Int32(POLLIN), before: deadline) else {
                throw self.broken(.lost("the server did not answer in time"))
            }
            if PQconsumeInput(self.connection) == 0 { throw self.breakOff() }
        }
        let result = PQgetResult(self.connection)
        if let result, PQstatus(self.connection) != CONNECTION_OK {
            let refusal = Self.refusal(result)
            PQclear(result)
            throw self.broken(refusal.endsConnection ? refusal : .lost(Self.message(of: self.connection)))
        }
        return result
    }

    private func breakOff() -> PostgresError {
        self.broken(.lost(Self.message(of: self.connection)))
    }

    private func broken(_ error: PostgresError) -> PostgresError {
        self.isUsable = false
        return error
    }

    private static func refusal(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        guard let state = field("C") else {
            return .lost(self.oneLine(String(cString: PQresultErrorMessage(result))))
        }
        // The server is ending this connection, whatever it was doing: it shuts down, or the client was silent for too
        // long.
        if let severity = field("V"), severity != "ERROR" { return .lost(field("M") ?? "the server ended it") }
        return .refused(
            .init(sqlState: state, message: field("M") ?? "no message", constraint: field("n"), context: field("W"))
        )
    }

    /// libpq's text, on one line.
    ///
    /// It contains hosts and roles but, after the URL was parsed, never the password.
    private static func message(of connection: OpaquePointer) -> String {
        self.oneLine(String(cString: PQerrorMessage(connection)))
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmingCharacters(in: .whitespaces)
    }
}

/// Asks the server, over a second connection, to cancel the statement of another one.
final class PostgresCanceller: @unchecked Sendable {
    // libpq allows this from any thread.
    private let handle: OpaquePointer

    init?(_ connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        self.handle = handle
    }

    deinit { PQfreeCancel(self.handle) }

    /// Blocks until the server has received the request.
    func cancel() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(self.handle, &reason, Int32(reason.count))
    }
}
