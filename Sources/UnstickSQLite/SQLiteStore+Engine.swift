import GRDB
import Unstick
// Re-exported: the methods of the store are declared in it.
@_exported public import UnstickSQL

/// SQLite as the database of a store: calls run one after the other in one transaction, which has one time.
extension SQLiteStore: SQLEngine {
    /// The database.
    public var connection: SQLConnection { SQLConnection(self) }

    package var dialect: any SQLDialect { self.map.dialect }

    package var hasOwnTables: Bool {
        get async throws {
            guard self.map.isAttached else { return true }
            return try await self.read { try SQLiteAttachedMigrations.areThere(in: $0) }
        }
    }

    package func read<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value {
        let (now, names) = (self.clock(), self.dialect.names)
        return try await self.read { try use(SQLiteTransaction(db: $0, now: now, names: names).run(calls)) }
    }

    package func snapshot<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value
    {
        try await self.read(calls, use)
    }

    package func scan<Value: Sendable>(
        _ call: SQLCall,
        into initial: Value,
        _ update: @escaping RowUpdate<Value>
    ) async throws -> Value {
        let (now, names) = (self.clock(), self.dialect.names)
        return try await self.read { db in
            var result = initial
            let rows = try Row.fetchCursor(SQLiteTransaction(db: db, now: now, names: names).statement(of: call))
            while let row = try rows.next() { update(&result, row) }
            return result
        }
    }

    package func change<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value {
        let (now, names) = (self.clock(), self.dialect.names)
        return try await self.write { try use(SQLiteTransaction(db: $0, now: now, names: names).run(calls)) }
    }

    /// The answer to a commit is never lost here.
    package func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        takesLong: Bool,
        _ body: @escaping TransactionBody<Value>
    ) async throws -> Value {
        let (now, names) = (self.clock(), self.dialect.names)
        return try await self.write { try body(SQLiteTransaction(db: $0, now: now, names: names)) }
    }
}

/// An SQLite transaction in progress.
struct SQLiteTransaction: SQLTransaction {
    let db: Database
    let now: Timestamp
    /// The names of Unstick's own tables in the file.
    let names: TableNames

    func run(_ calls: [SQLCall]) throws -> [any SQLResult] { try calls.map(self.run) }

    func run(_ calls: [SQLCall], searchPath: String?) throws -> [any SQLResult] { try self.run(calls) }

    func finish(_ calls: [SQLCall]) throws -> [any SQLResult] { try self.run(calls) }

    func run(_ call: SQLCall) throws -> SQLiteResult {
        let statement = try self.statement(of: call)
        guard statement.columnCount > 0 else {
            try statement.execute()
            return SQLiteResult(found: [], affected: self.db.changesCount)
        }
        return SQLiteResult(found: try Row.fetchAll(statement), affected: self.db.changesCount)
    }

    func statement(of call: SQLCall) throws -> Statement {
        let text = StatementText.parsed(call.sql, self.names)
        let statement = try self.db.cachedStatement(sql: text.text)
        statement.setUncheckedArguments(self.arguments(text.names, of: call))
        return statement
    }

    private func arguments(_ names: [String], of call: SQLCall) -> StatementArguments {
        var values: [String: SQLValue] = [:]
        for name in names {
            if let value = call.arguments[name] {
                values[name] = value
            } else {
                precondition(name == "now", "no value for :\(name)")
                values[name] = .integer(self.now.milliseconds)
            }
        }
        return StatementArguments(values)
    }
}

/// The result of one statement.
struct SQLiteResult: SQLResult {
    let found: [Row]
    let affected: Int

    var count: Int { self.found.count }

    func row(at index: Int) -> any StoredRow { self.found[index] }
}
