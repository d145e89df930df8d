/// The name of a table or column, quoted for SQL where it has to be.
///
/// A plain lower-case name stays bare: SQLite takes a quoted name that does not exist for a text, so that a slip would go
/// unnoticed.
package struct Identifier: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as SQL text.
    package let description: String

    package init(_ name: String) {
        let plain =
            name.utf8.first.map { 97...122 ~= $0 || $0 == 95 } ?? false
            && name.utf8.allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 || $0 == 95 }
        self.description = plain ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    package init(stringLiteral name: String) {
        self.init(name)
    }
}
