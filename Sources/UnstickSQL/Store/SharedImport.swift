public import Unstick

extension SQLStore {
    /// Starts an import through a staging table.
    public func beginImport() async throws -> any JobImport {
        try self.requireOwnTables()
        let start = SharedImport(store: self)
        try await start.dropForgotten()
        return start
    }
}

/// An import through the staging table that all imports share, each with its own id.
///
/// Not a temporary table: the next transaction may have another session. The rows are booked in groups of whole users,
/// each group in one transaction: after a crash between two groups, the same import continues where it stopped.
private struct SharedImport<Store: SQLStore>: JobImport {
    let store: Store
    private let id = RandomID.uuid()
    private let statements = ImportStatements(staged: "unstick.staged_jobs", only: "s.import_id = :import")

    init(store: Store) {
        self.store = store
    }

    /// Removes the rows of imports that were never finished.
    func dropForgotten() async throws {
        try await self.store.execute(
            "DELETE FROM unstick.staged_jobs WHERE staged_at < :now - :age",
            ["age": .integer(Duration.seconds(86_400).inMilliseconds)]
        )
    }

    func stage(_ rows: [ImportRow]) async throws -> [RepeatedRow] {
        guard !rows.isEmpty else { return [] }
        let dialect = self.store.dialect
        let staged = dialect.rows(of: ":rows", ImportStatements.stagedColumns)
        let parameters = rows.asShortRows.map { list -> SQLArguments in
            ["import": .text(self.id), "rows": .text(list)]
        }
        return try await self.store.engine.write(ifUnknown: .repeatIt) { transaction in
            let stage = ImportStatements.stage(staged)
            let answers = try transaction.run(parameters.map { SQLCall(stage, $0) })
            guard answers.reduce(0, { $0 + $1.affected }) < rows.count else { return [] }
            let settings = dialect.indexOnlyPlanner.map { [SQLCall($0)] } ?? []
            let repeated = parameters.map { SQLCall(ImportStatements.repeated(staged), $0) }
            return try transaction.run(settings + repeated).dropFirst(settings.count).flatMap(\.rows).map { row in
                RepeatedRow(
                    id: try row.text(required: "id"),
                    line: try row.integer(required: "line"),
                    firstLine: try row.integer(required: "first_line")
                )
            }
        }
    }

    func commit(progress: @Sendable (_ done: Int, _ total: Int) -> Void) async throws -> ImportSummary {
        let parameters: SQLArguments = ["import": .text(self.id), "most": .integer(Limits.tokens)]
        let calls = [SQLCall(self.statements.overcharged, parameters), SQLCall(self.statements.count, parameters)]
        let total = try await self.store.engine.snapshot(calls) { results in
            if let user = results[0].first?.text("user_id") { throw ImportSummary.overcharged(user) }
            return results[1].first?.integer("n") ?? 0
        }
        return try await self.commitGroups(of: total, progress: progress) {
            try await self.store.bookGroup(self.statements, of: self.id, after: $0)
        }
    }

    func discard() async throws {
        try await self.store.execute(
            "DELETE FROM unstick.staged_jobs WHERE import_id = :import",
            ["import": .text(self.id)]
        )
    }
}

extension [ImportRow] {
    /// The rows as a list of objects, in the form that ``SQLDialect`` reads.
    fileprivate var asShortRows: [String] {
        let rows = self.map { row in
            let job = row.job
            var fields = JSONFields()
            fields.add("id", job.id)
            fields.add("user_id", job.userID)
            fields.add("kind", job.kind)
            fields.add("tier", job.tier)
            fields.add("cost", job.tokensCost)
            fields.add("status", job.status.rawValue)
            fields.add("attempt", job.attempt)
            fields.add("charge", 1)
            fields.add("created_at", job.createdAt.milliseconds)
            fields.add("processing_started_at", job.processingStartedAt?.milliseconds)
            fields.add("updated_at", job.updatedAt.milliseconds)
            fields.add("processing_completed_at", job.processingCompletedAt?.milliseconds)
            fields.add("line", row.line)
            return fields.text
        }
        return RowList.short(rows)
    }
}
