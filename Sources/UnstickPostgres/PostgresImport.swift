public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Starts an import through a staging table.
    public func beginImport() async throws -> any JobImport {
        try self.requireOwnTables()
        let start = PostgresImport(store: self)
        try await start.dropForgotten()
        return start
    }
}

/// An import through the staging table that all imports share, each under an id of its own.
///
/// Not a temporary table: behind a pooler the next transaction may have another session. The rows are booked in groups of
/// whole users, each group in one transaction: after a crash between two groups, the same import goes on where it stopped.
private struct PostgresImport: JobImport {
    let store: PostgresStore
    private let id = RandomID.uuid()
    private let statements = ImportStatements(staged: "staged_jobs", only: "s.import_id = :import")

    init(store: PostgresStore) {
        self.store = store
    }

    /// Drops what imports left behind that were never finished.
    func dropForgotten() async throws {
        try await self.store.execute(
            "DELETE FROM staged_jobs WHERE staged_at < :now - :age",
            ["age": .integer(Duration.seconds(86_400).inMilliseconds)]
        )
    }

    func stage(_ rows: [ImportRow]) async throws -> [RepeatedRow] {
        guard !rows.isEmpty else { return [] }
        let values = rows.map(\.stagingValues)
        var arrays: SQLArguments = ["import": .text(self.id)]
        for column in Self.types.indices { arrays["c\(column)"] = .array(values.lazy.map { $0[column] }) }
        let arguments = arrays
        return try await self.store.write(ifUnknown: .repeatIt) { transaction in
            let staged = try transaction.run(Self.stage, arguments).affected
            guard staged < rows.count else { return [] }
            let settings = PostgresDialect().keyedPlans.map { [SQLCall($0)] } ?? []
            return try transaction.run(settings + [SQLCall(Self.repeated, arguments)])[settings.count].rows.map { row in
                RepeatedRow(
                    id: try row.text(required: "id"),
                    line: try row.integer(required: "line"),
                    firstLine: try row.integer(required: "first_line")
                )
            }
        }
    }

    /// The types of the staged columns, in their order.
    private static let types = [
        "text", "text", "text", "text", "bigint", "text", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint",
        "bigint",
    ]

    private static let stage = """
        INSERT INTO staged_jobs (\(ImportStatements.columns), line, import_id, staged_at)
        SELECT s.*, :import, :now
        FROM unnest(\(types.enumerated().map { "CAST(:c\($0) AS \($1)[])" }.joined(separator: ", "))) AS s
        ON CONFLICT DO NOTHING
        """

    /// The rows of a step whose ids other rows have; what an unanswered call has staged is no other row.
    private static let repeated = """
        SELECT n.id, n.line, s.line AS first_line
        FROM unnest(CAST(:c0 AS text[]), CAST(:c\(types.count - 1) AS bigint[])) AS n (id, line)
        JOIN staged_jobs AS s ON s.import_id = :import AND s.id = n.id
        WHERE s.line <> n.line ORDER BY n.line
        """

    func commit(progress: @Sendable (_ done: Int, _ total: Int) -> Void) async throws -> ImportSummary {
        let facts: SQLArguments = ["import": .text(self.id), "most": .integer(Limits.tokens)]
        let total = try await self.store.once(
            [SQLCall(self.statements.overcharged, facts), SQLCall(self.statements.count, facts)],
            limit: PostgresStore.longLimit
        ) { results in
            if let user = results[0].first?.text("user_id") {
                throw ImportSummary.overcharged(user)
            }
            return results[1].first?.integer("n") ?? 0
        }
        return try await self.commitGroups(of: total, progress: progress) {
            try await self.store.bookGroup(self.statements, of: self.id, after: $0)
        }
    }

    func discard() async throws {
        try await self.store.execute("DELETE FROM staged_jobs WHERE import_id = :import", ["import": .text(self.id)])
    }
}
