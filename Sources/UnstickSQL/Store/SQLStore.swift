public import Unstick

/// A store that keeps everything in an SQL database.
///
/// Its extensions implement the roles of ``/Unstick/Store`` once for all databases. Only types of this package conform to it.
public protocol SQLStore: Store {
    /// The database.
    var connection: SQLConnection { get }
}

/// A database of a store.
public struct SQLConnection: Sendable {
    package let engine: any SQLEngine

    package init(_ engine: any SQLEngine) {
        self.engine = engine
    }
}

extension SQLStore {
    package var engine: any SQLEngine { self.connection.engine }

    package var dialect: any SQLDialect { self.engine.dialect }

    /// The database's clock.
    public func now() async throws -> Timestamp {
        try await self.engine.read([SQLCall("SELECT :now AS now")]) { try $0[0].only().timestamp(required: "now") }
    }

    /// - Throws: `invalidArgument` where the jobs are in a team's own tables.
    package func requireOwnTables() throws {
        guard self.engine.map.isAttached else { return }
        throw UnstickError(
            .invalidArgument,
            "This needs Unstick's own tables, but the jobs are in your own tables: use your app instead."
        )
    }

    /// Reads the rows of one statement.
    package func query<Value: Sendable>(
        _ sql: String,
        _ arguments: SQLArguments = [:],
        _ read: @Sendable @escaping (any StoredRow) throws -> Value
    ) async throws -> [Value] {
        try await self.engine.read([SQLCall(sql, arguments)]) { try $0[0].rows.map(read) }
    }

    /// Reads the rows of one statement for lists of ids.
    ///
    /// - Parameter list: the parameter that has a list of the ids.
    package func query<Value: Sendable>(
        _ sql: String,
        _ arguments: SQLArguments = [:],
        of ids: [String],
        in list: String,
        _ read: @Sendable @escaping (any StoredRow) throws -> Value
    ) async throws -> [Value] {
        let calls = ids.asShortRows.map { SQLCall(sql, arguments.merging([list: .text($0)]) { $1 }) }
        guard !calls.isEmpty else { return [] }
        return try await self.engine.read(calls) { try $0.flatMap { try $0.rows.map(read) } }
    }

    /// Runs one statement that changes something.
    ///
    /// - Returns: the number of changed rows.
    @discardableResult
    package func execute(_ sql: String, _ arguments: SQLArguments = [:]) async throws -> Int {
        try await self.engine.change([SQLCall(sql, arguments)]) { $0[0].affected }
    }
}
