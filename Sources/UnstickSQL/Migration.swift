/// One step of the schema, as data: a name that is kept forever, and its statements.
///
/// Steps are only added, never edited after a release.
package struct Migration: Sendable {
    /// The name under which a database remembers that the step was taken.
    package let name: String
    /// The statements, in order, separated by semicolons.
    package let sql: String
    /// The index that the step builds while the table is in use, where that is all it does.
    package let index: String?

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
        self.index = nil
    }

    /// A step that builds an index of a PostgreSQL table that may be large, without keeping its writers out.
    package init(name: String, index: String, on target: String) {
        self.name = name
        self.sql = "CREATE INDEX CONCURRENTLY \(index) ON \(target)"
        self.index = index
    }

    /// The step with its tables under the names of a database.
    package func named(_ names: TableNames) -> Migration { Migration(name: self.name, sql: names.written(self.sql)) }

    /// The same for a table that was made just now: at once, and within its transaction.
    package var sqlOnNewTables: String { self.sql.replacing("INDEX CONCURRENTLY", with: "INDEX") }
}
