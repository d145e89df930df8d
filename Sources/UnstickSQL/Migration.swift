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
