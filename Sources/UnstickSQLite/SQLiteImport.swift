import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Starts an import through a temporary table.
    public func beginImport() async throws -> any JobImport {
        try self.requireOwnTables()
        try await self.writeWithoutTransaction { db in
            try db.execute(sql: SQLiteSchema.dropStaging)
            try db.execute(sql: SQLiteSchema.staging)
        }
        return SQLiteImport(store: self)
    }

    /// For statements on temporary tables only: it does not lock the file.
    func writeWithoutTransaction<Value: Sendable>(
        _ body: @Sendable @escaping (Database) throws -> Value
    ) async throws -> Value {
        try self.checkOpen()
        return try await SQLiteFailure.translated { try await self.database.writeWithoutTransaction(body) }
    }
}

/// An import through a temporary table of the one writing connection.
///
/// Rows wait in the temporary file, so memory is bounded. They are booked in groups of whole users, each group in one
/// transaction: after a crash between two groups, the same import continues where it stopped.
private struct SQLiteImport: JobImport {
    let store: SQLiteStore
    private let id = RandomID.uuid()
    private let statements = ImportStatements(staged: "temp.staged_jobs")

    init(store: SQLiteStore) {
        self.store = store
    }

    func stage(_ rows: [ImportRow]) async throws -> [RepeatedRow] {
        try await self.store.writeWithoutTransaction { db in
            var repeated: [RepeatedRow] = []
            try db.inTransaction(.deferred) {
                let statement = try db.cachedStatement(sql: SQLiteSchema.stage)
                for row in rows {
                    statement.setUncheckedArguments(StatementArguments(row.stagingValues))
                    try statement.execute()
                    guard db.changesCount == 0 else { continue }
                    let first = try Int.fetchOne(db, sql: SQLiteSchema.stagedLine, arguments: [row.job.id])
                    repeated.append(RepeatedRow(id: row.job.id, line: row.line, firstLine: first ?? row.line))
                }
                return .commit
            }
            return repeated
        }
    }

    func commit(progress: @Sendable (_ done: Int, _ total: Int) -> Void) async throws -> ImportSummary {
        let statements = self.statements
        let total = try await self.store.writeWithoutTransaction { db in
            try db.execute(sql: SQLiteSchema.stagingIndex)
            if let user = try String.fetchOne(db, sql: statements.overcharged, arguments: ["most": Limits.tokens]) {
                throw ImportSummary.overcharged(user)
            }
            return try Int.fetchOne(db, sql: statements.count) ?? 0
        }
        return try await self.commitGroups(of: total, progress: progress) {
            try await self.store.bookGroup(statements, of: self.id, after: $0)
        }
    }

    func discard() async throws {
        try await self.store.writeWithoutTransaction { try $0.execute(sql: SQLiteSchema.dropStaging) }
    }
}
