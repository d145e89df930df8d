/// A statement with its values, ready to be run.
package struct SQLCall: Sendable {
    /// The statement, its parameters named `:name`.
    package let sql: String
    /// Their values; those that the statement does not name are left out.
    ///
    /// `:now` is the database's clock where no value is given.
    package let arguments: SQLArguments

    package init(_ sql: String, _ arguments: SQLArguments = [:]) {
        self.sql = sql
        self.arguments = arguments
    }

    /// The clock of the database, as the column `now`.
    package static let now = SQLCall("SELECT CAST(:now AS bigint) AS now")
}
