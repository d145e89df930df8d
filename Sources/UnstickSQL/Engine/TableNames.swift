/// The names of Unstick's own tables in a database.
///
/// Statements name each of them as `unstick.jobs`; an engine writes its own prefix instead.
package struct TableNames: Hashable, Sendable {
    /// The prefix of table names in statements.
    static let marker = Array("unstick.".utf8)

    /// The prefix of table names in this database.
    let prefix: String

    /// A table of a statement, as the catalogue names it.
    package func stored(_ table: String) -> String {
        guard table.utf8.starts(with: Self.marker) else { return table }
        return self.prefix + table.dropFirst(Self.marker.count)
    }

    /// The tables are in a schema of their own.
    package static let inSchema = TableNames(prefix: "unstick.")
    /// The tables are beside a team's own.
    package static let prefixed = TableNames(prefix: "unstick_")
    /// The tables are alone in the database.
    package static let plain = TableNames(prefix: "")

    /// A script that creates or changes the tables, with these names.
    func written(_ script: String) -> String {
        script.replacing(String(decoding: Self.marker, as: UTF8.self), with: self.prefix)
    }
}
