import Unstick
// Re-exported: the methods of the store are declared in it.
@_exported public import UnstickSQL

/// MariaDB or MySQL as the database of a store: calls run one after the other.
extension MySQLStore: SQLEngine {
    /// The database.
    public var connection: SQLConnection { SQLConnection(self) }

    package var dialect: any SQLDialect { self.map.dialect }

    package var hasOwnTables: Bool { true }

    package var keyFacts: SQLArguments { [:] }

    package func readKeyFacts() -> SQLArguments { [:] }

    package func makeKeyFacts() -> SQLArguments { [:] }

    package func read<Value: Sendable>(
        _ calls: [SQLCall],
        _ use: @Sendable @escaping ([any SQLResult]) throws -> Value
    ) async throws -> Value {
        try await self.once(calls) { try use($0) }
    }

    package func snapshot<Value: Sendable>(
        _ calls: [SQLCall],
        _ use: @Sendable @escaping ([any SQLResult]) throws -> Value
    ) async throws -> Value {
        try await self.transact(ifUnknown: .repeatIt, mode: .snapshot, limit: ServerLimits.long) {
            try use($0.run(calls))
        }
    }

    /// How many rows one part of a scan brings.
    private static let scanned = 10_000

    /// In parts, in the order of the key.
    package func scan<Value: Sendable>(
        _ call: SQLCall,
        by key: String,
        into initial: Value,
        _ update: @Sendable @escaping (inout Value, any StoredRow) -> Void
    ) async throws -> Value {
        let first = "SELECT * FROM (\(call.sql)) AS s"
        let order = "ORDER BY s.\(key) LIMIT \(Self.scanned)"
        return try await self.transact(ifUnknown: .repeatIt, mode: .snapshot, limit: ServerLimits.long) { transaction in
            var result = initial
            var part = SQLCall("\(first) \(order)", call.arguments)
            while true {
                let rows = try transaction.run([part])[0].rows
                for row in rows { update(&result, row) }
                guard rows.count == Self.scanned, let last = rows.last?.text(key) else { return result }
                let parameters = call.arguments.merging(["after": .text(last)]) { $1 }
                part = SQLCall("\(first) WHERE s.\(key) > :after \(order)", parameters)
            }
        }
    }

    /// One call is a transaction by itself.
    package func change<Value: Sendable>(
        _ calls: [SQLCall],
        _ use: @Sendable @escaping ([any SQLResult]) throws -> Value
    ) async throws -> Value {
        guard calls.count > 1 else { return try await self.once(calls) { try use($0) } }
        return try await self.transact(ifUnknown: .repeatIt) { try use($0.finish(calls)) }
    }

    package func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        takesLong: Bool,
        _ body: @Sendable @escaping (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await self.transact(ifUnknown: ifUnknown, limit: takesLong ? ServerLimits.long : ServerLimits.statement) {
            try body($0)
        }
    }
}
