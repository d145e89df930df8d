import Unstick
// Re-exported: the methods of the store are declared in it.
@_exported public import UnstickSQL

/// MariaDB or MySQL as the database of a store: calls run one after the other.
extension MySQLStore: SQLEngine {
    /// The database.
    public var connection: SQLConnection { SQLConnection(self) }

    package var dialect: any SQLDialect { self.map.dialect }

    package var hasOwnTables: Bool { true }

    package func read<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value {
        try await self.once(calls) { try use($0) }
    }

    package func snapshot<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value
    {
        try await self.transact(ifUnknown: .repeatIt, mode: .snapshot, limit: ServerLimits.long) {
            try use($0.run(calls))
        }
    }

    package func scan<Value: Sendable>(
        _ call: SQLCall,
        into initial: Value,
        _ update: @escaping RowUpdate<Value>
    ) async throws -> Value {
        try await self.pool.once { connection in
            var result = initial
            try connection.scan(call, limit: ServerLimits.long) { update(&result, $0) }
            return result
        }
    }

    /// One call is its own transaction.
    package func change<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value {
        guard calls.count > 1 else { return try await self.once(calls) { try use($0) } }
        return try await self.transact(ifUnknown: .repeatIt) { try use($0.finish(calls)) }
    }

    package func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        takesLong: Bool,
        _ body: @escaping TransactionBody<Value>
    ) async throws -> Value {
        try await self.transact(ifUnknown: ifUnknown, limit: takesLong ? ServerLimits.long : ServerLimits.statement) {
            try body($0)
        }
    }
}
