import Unstick

/// Whether an index finds the stuck jobs of a team's table.
package struct IndexUse: Sendable {
    /// From this number of rows, a search that reads the whole table must be requested explicitly.
    package static let largeTable = 100_000

    private let map: ResolvedTables

    package init(_ map: ResolvedTables) {
        self.map = map
    }

    /// Whether the planner can only read the jobs' whole table.
    package func scansWholeTable(in engine: some SQLEngine) async throws -> Bool {
        let parameters: SQLArguments = ["cutoff": .integer(0), "limit": .integer(100), "since": .null, "id": .null]
        let dialect = self.map.dialect
        return try await Self.plan(of: SQLCall(LookStatements(map: self.map).probe, parameters), in: engine) {
            dialect.readsWholeTable($0)
        }
    }

    /// Whether the plan of a statement has such a row.
    static func plan(
        of call: SQLCall,
        in engine: some SQLEngine,
        has matches: @escaping @Sendable (any StoredRow) -> Bool
    ) async throws -> Bool {
        let calls = engine.dialect.plan(of: call.sql).map { SQLCall($0, call.arguments) }
        return try await engine.read(calls) { $0[calls.count - 1].rows.contains(where: matches) }
    }

    /// - Throws: `invalidArgument` where finding stuck jobs would read a large table whole.
    package func require(for table: CatalogueTable?, in engine: some SQLEngine) async throws {
        guard let table, table.rows >= Self.largeTable, try await self.scansWholeTable(in: engine) else { return }
        throw UnstickError(
            .invalidArgument,
            "Finding stuck jobs would read all of \(table.name) (about \(table.rows) rows), because no index fits. Create one:\n"
                + "  \(self.statement ?? "an index on the state column")\nor run with --full-scan."
        )
    }

    /// The statement that creates the index for stuck jobs, where an index can serve.
    package var statement: String? {
        guard !self.map.jobs.since.contains("SELECT") else { return nil }
        func bare(_ sql: String) -> String { sql.replacing("j.\"", with: "\"") }
        return "\(self.map.dialect.createsIndex) unstick_stuck ON \(self.map.jobs.table) "
            + "((\(bare(self.map.jobs.since))), \(bare(self.map.jobs.id))) WHERE \(bare(self.map.jobs.isProcessing));"
    }
}
