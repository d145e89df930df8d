package import Unstick

/// One step of the schema, as data: a permanent name, and its statements.
///
/// Steps are only added, never edited after a release.
package struct Migration: Sendable {
    /// The name under which a database records the step.
    package let name: String
    /// The statements, in order, separated by semicolons.
    package let sql: String
    /// The index that the step builds while the table is in use, if it does nothing else.
    package let index: String?

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
        self.index = nil
    }

    /// A step that builds an index of a PostgreSQL table that may be large, without blocking its writers.
    package init(name: String, index: String, on target: String) {
        self.name = name
        self.sql = "CREATE INDEX CONCURRENTLY \(index) ON \(target)"
        self.index = index
    }

    /// The step with the table names of a database.
    package func named(_ names: TableNames) -> Migration { Migration(name: self.name, sql: names.written(self.sql)) }

    /// The same for a table that was just created: at once, and within its transaction.
    package var sqlOnNewTables: String { self.sql.replacing("INDEX CONCURRENTLY", with: "INDEX") }
}

extension Migration {
    /// Records that the step was taken.
    package var note: SQLCall {
        SQLCall(
            "INSERT INTO unstick.migrations (name, applied_at) VALUES (:name, :now) ON CONFLICT DO NOTHING",
            ["name": .text(self.name)]
        )
    }
}

extension [Migration] {
    /// The steps that are not among the recorded ones.
    ///
    /// - Throws: `schemaMismatch` when a newer version of Unstick recorded a step.
    package func missing(from recorded: [any StoredRow]) throws -> [Migration] {
        let taken = Set(recorded.compactMap { $0.text("name") })
        guard taken.isSubset(of: self.map(\.name)) else {
            throw UnstickError(
                .schemaMismatch,
                "The database was written by a newer version of Unstick. Install that version, or use another database."
            )
        }
        return self.filter { !taken.contains($0.name) }
    }
}

extension UnstickError {
    /// Some steps of the schema are not taken.
    package static var missingSteps: UnstickError {
        UnstickError(.schemaMismatch, "Unstick's own tables are missing or out of date. Run 'unstick migrate'.")
    }
}
