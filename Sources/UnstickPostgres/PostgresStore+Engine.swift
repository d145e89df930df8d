import Synchronization
import Unstick
// Re-exported: the methods of the store are declared in it.
@_exported public import UnstickSQL

/// PostgreSQL as the database of a store: calls are sent together, in one round trip.
extension PostgresStore: SQLEngine {
    /// The database.
    public var connection: SQLConnection { SQLConnection(self) }

    package var dialect: any SQLDialect { .postgres }

    package func read<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value {
        try await self.once(calls) { try use($0) }
    }

    package func snapshot<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value
    {
        try await self.transact(
            ifUnknown: .repeatIt,
            mode: " ISOLATION LEVEL REPEATABLE READ READ ONLY",
            limit: Self.longLimit
        ) { try use($0.run(calls)) }
    }

    /// How many rows one round trip of a scan fetches.
    private static let fetched = 10_000

    /// Uses a cursor in one read-only transaction.
    package func scan<Value: Sendable>(
        _ call: SQLCall,
        into initial: Value,
        _ update: @escaping RowUpdate<Value>
    ) async throws -> Value {
        // A cursor's statement accepts no parameters.
        let sql = call.arguments.reduce(call.sql) { sql, argument in
            sql.replacing(":" + argument.key, with: "CAST(\(argument.value.integerLiteral) AS bigint)")
        }
        let declare = SQLCall("DECLARE scanned NO SCROLL CURSOR FOR \(sql)")
        let fetch = SQLCall("FETCH FORWARD \(Self.fetched) FROM scanned")
        let searchPath = self.map.searchPath
        return try await self.transact(ifUnknown: .repeatIt, mode: " READ ONLY", limit: Self.longLimit) { transaction in
            var result = initial
            _ = try transaction.run([declare], searchPath: searchPath)
            while true {
                let rows = try transaction.run([fetch])[0]
                for row in rows.rows { update(&result, row) }
                if rows.count < Self.fetched { return result }
            }
        }
    }

    package func change<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value {
        try await self.once(calls) { try use($0) }
    }

    package func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        takesLong: Bool,
        _ body: @escaping TransactionBody<Value>
    ) async throws -> Value {
        let limit = takesLong ? Self.longLimit : Self.statementLimit
        return try await self.transact(ifUnknown: ifUnknown, limit: limit) { transaction in
            try body(OpenTransaction(transaction: transaction))
        }
    }

    /// A transaction as the store sees it.
    private struct OpenTransaction: SQLTransaction {
        let transaction: PostgresTransaction

        func run(_ calls: [SQLCall]) throws -> [any SQLResult] {
            calls.isEmpty ? [] : try self.transaction.run(calls)
        }

        func run(_ calls: [SQLCall], searchPath: String?) throws -> [any SQLResult] {
            try self.transaction.run(calls, searchPath: searchPath)
        }

        func finish(_ calls: [SQLCall]) throws -> [any SQLResult] { try self.transaction.commit(after: calls) }
    }
}
