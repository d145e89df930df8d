/// A statement with its values.
package struct SQLCall: Sendable {
    /// The statement, its parameters named `:name`.
    package let sql: String
    /// Their values; values that the statement does not name are ignored.
    ///
    /// `:now` is the database's clock if it has no value.
    package let arguments: SQLArguments

    package init(_ sql: String, _ arguments: SQLArguments = [:]) {
        self.sql = sql
        self.arguments = arguments
    }

    /// The clock of the database, as the column `now`.
    package static let now = SQLCall("SELECT CAST(:now AS bigint) AS now")
}
