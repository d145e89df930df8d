import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Starts an import through a temporary table.
    public func beginImport() async throws -> any JobImport {
        try await self.writeWithoutTransaction { db in
            try db.execute(sql: SQLiteSchema.dropStaging)
            try db.execute(sql: SQLiteSchema.staging)
        }
        return SQLiteImport(store: self)
    }

    /// For what touches temporary tables only: it leaves the file unlocked for others.
    func writeWithoutTransaction<Value: Sendable>(
        _ body: @Sendable @escaping (Database) throws -> Value
    ) async throws -> Value {
        try self.checkOpen()
        return try await SQLiteFailure.translated { try await self.database.writeWithoutTransaction(body) }
    }
}

/// An import through a temporary table of the one writing connection.
///
/// Rows wait in the temporary file, so memory stays flat. They are booked in groups of whole users, each group in one
/// transaction: after a crash between two groups, the same import goes on where it stopped.
private struct SQLiteImport: JobImport {
    let store: SQLiteStore
    private let id = RandomID.uuid()
    private let statements = ImportStatements(staged: "temp.staged_jobs")

    /// About how many rows one transaction books; a user's jobs are never split.
    private static let groupRows = 20_000

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
        return try await self.commitGroups(of: total, progress: progress) { try await self.commitGroup(after: $0) }
    }

    func discard() async throws {
        try await self.store.writeWithoutTransaction { try $0.execute(sql: SQLiteSchema.dropStaging) }
    }

    /// Books the next users; `nil` when there are none.
    private func commitGroup(after: String) async throws -> (ImportSummary, last: String)? {
        let (id, statements) = (self.id, self.statements)
        return try await self.store.write(ifUnknown: .tell) { transaction -> (ImportSummary, last: String)? in
            let range: SQLArguments = ["after": .text(after), "rows": .integer(Self.groupRows)]
            guard let end = try transaction.run(statements.groupEnd, range).first?.text(at: 0) else { return nil }
            let facts: SQLArguments = [
                "after": .text(after), "upTo": .text(end), "import": .text(id),
                "metadata": .text(#"{"importId":"\#(id)"}"#),
            ]
            let known = try transaction.run(statements.dropKnown, facts).affected
            let totals = try transaction.run(statements.totals, facts).first
            for statement in [
                statements.balances, statements.openings, statements.charges, statements.jobs,
            ] {
                try transaction.run(statement, facts)
            }
            let summary = ImportSummary(
                imported: totals?.integer("jobs") ?? 0,
                alreadyThere: known,
                users: totals?.integer("users") ?? 0,
                tokensCharged: totals?.integer("tokens") ?? 0
            )
            return (summary, last: end)
        }
    }
}
