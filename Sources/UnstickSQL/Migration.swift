/// One step of the schema, as data: a name that is kept for ever, and its statements.
///
/// Steps are only added, never edited after a release.
package struct Migration: Sendable {
    /// The name under which a database remembers that the step was taken.
    package let name: String
    /// The statements, in order, separated by semicolons.
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}
