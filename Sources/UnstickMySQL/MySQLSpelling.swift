/// A statement in the words of MariaDB and MySQL, where these stand in the same place as those of other databases.
///
/// Whole numbers are divided by `DIV`, casts have other type names, relations are not marked as computed once, and the key
/// that a row must not repeat is not named.
struct MySQLSpelling {
    let sql: String
    /// What a statement that adds rows does with those whose key is there.
    let onKey: OnKey?

    enum OnKey: Hashable {
        /// It leaves them as they are, and only the others count as affected: no key is named.
        ///
        /// The server turns every error into a warning then: only repeated keys may be among them.
        case keep
        /// It changes them.
        case change
    }

    init(_ standard: String) {
        // A text in quotes is no word: every second part is one.
        let parts = standard.split(separator: "'", omittingEmptySubsequences: false).enumerated()
        let sql = parts.map { $0.offset % 2 == 0 ? Self.spelled($0.element) : String($0.element) }.joined(
            separator: "'"
        )
        (self.sql, self.onKey) = Self.withKey(sql)
    }

    private static func spelled(_ part: Substring) -> String {
        String(part).replacing(" / ", with: " DIV ").replacing("AS MATERIALIZED (", with: "AS (")
            .replacing("AS bigint)", with: "AS signed)").replacing("AS integer)", with: "AS signed)")
            .replacing("AS text)", with: "AS char)").replacing("AS double precision)", with: "AS double)")
    }

    private static func withKey(_ sql: String) -> (String, OnKey?) {
        guard let clause = sql.firstMatch(of: /\s+ON CONFLICT (?:\((\w+)[^)]*\) )?DO (NOTHING|UPDATE SET)/) else {
            return (sql, nil)
        }
        let (insert, rest) = (sql[..<clause.range.lowerBound], sql[clause.range.upperBound...])
        if clause.output.2 == "UPDATE SET" {
            let values = rest.replacing(/excluded\.(\w+)/) { "VALUES(\($0.output.1))" }
            return ("\(insert) ON DUPLICATE KEY UPDATE\(values)", .change)
        }
        // It locks the row that is there as the statement after it does: a weaker lock first ends in a deadlock.
        if let key = clause.output.1 {
            return ("\(insert) ON DUPLICATE KEY UPDATE \(key) = VALUES(\(key))\(rest)", nil)
        }
        return (String(insert).replacing("INSERT INTO", with: "INSERT IGNORE INTO", maxReplacements: 1) + rest, .keep)
    }
}
