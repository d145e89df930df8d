package import Unstick

extension SQLStore {
    /// Books the next users of an import, in one transaction: after a crash, the same import continues with the users
    /// after them.
    ///
    /// - Parameters:
    ///   - statements: the statements for the staged rows.
    ///   - id: the import's id.
    ///   - after: the last booked user.
    /// - Returns: what was booked, and the last of its users; `nil` when none are left.
    package func bookGroup(
        _ statements: ImportStatements,
        of id: String,
        after: String
    ) async throws -> (ImportSummary, last: String)? {
        let dialect = self.dialect
        return try await self.engine.write(ifUnknown: .fail, takesLong: true) { transaction in
            var parameters: SQLArguments = [
                "import": .text(id), "after": .text(after), "rows": .integer(ImportStatements.groupRows),
                "metadata": .text(#"{"importId":"\#(id)"}"#),
            ]
            guard let end = try transaction.run(statements.groupEnd, parameters).first?.text("user_id") else {
                return nil
            }
            parameters["upTo"] = .text(end)
            let steps = [
                statements.dropKnown(dialect), statements.totals, statements.balances, statements.openings,
                statements.charges,
                statements.jobs,
            ]
            let results = try transaction.run(steps.map { SQLCall($0, parameters) })
            let totals = try results[1].only()
            let summary = ImportSummary(
                imported: try totals.integer(required: "jobs"),
                alreadyThere: results[0].affected,
                users: try totals.integer(required: "users"),
                tokensCharged: try totals.integer(required: "tokens")
            )
            return (summary, last: end)
        }
    }
}
