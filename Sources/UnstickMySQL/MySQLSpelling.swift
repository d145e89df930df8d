import UnstickSQL

/// A statement in the syntax of MariaDB and MySQL, where only words differ from other databases.
///
/// Whole numbers are divided by `DIV`, casts have other type names, relations are not marked as computed once, and the
/// key of a conflict is not named.
struct MySQLSpelling {
    let sql: String
    /// How a statement that adds rows handles those whose key exists.
    let onKey: OnKey?

    enum OnKey: Hashable {
        /// It leaves them unchanged, and only the others count as affected: no key is named.
        ///
        /// The server then turns every error into a warning, and only repeated keys are allowed.
        case keep
        /// It changes them.
        case change
    }

    init(_ standard: String) {
        let bytes = Array(standard.utf8)
        let parts = SQLSegment.all(in: bytes, hasHashComments: true).map { segment in
            let text = String(decoding: bytes[segment.range], as: UTF8.self)
            return switch segment.kind {
            case .words: Self.spelled(text)
            case .quoted: text
            // The form that every database knows.
            case .comment: text.hasPrefix("#") ? "-- " + text.dropFirst() : text
            }
        }
        (self.sql, self.onKey) = Self.withKey(parts.joined())
    }

    private static func spelled(_ part: String) -> String {
        part.replacing(" / ", with: " DIV ").replacing("AS MATERIALIZED (", with: "AS (")
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
        // It locks the existing row as the statement after it does, because a weaker lock first leads to a deadlock.
        if let key = clause.output.1 {
            return ("\(insert) ON DUPLICATE KEY UPDATE \(key) = VALUES(\(key))\(rest)", nil)
        }
        return (String(insert).replacing("INSERT INTO", with: "INSERT IGNORE INTO", maxReplacements: 1) + rest, .keep)
    }
}
