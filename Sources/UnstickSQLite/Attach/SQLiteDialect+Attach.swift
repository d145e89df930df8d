import Unstick
import UnstickSQL

/// The SQL of SQLite for the tables of a team.
///
/// The affinity of a column converts values that are compared with it or written to it, so that no value needs a cast.
extension SQLiteDialect {
    var name: String { "sqlite" }

    var locksSources: String? { nil }

    var databaseName: String { "'main'" }

    func tableExists(schema: String, table: String) -> String {
        "EXISTS (SELECT 1 FROM sqlite_schema AS m WHERE m.type IN ('table', 'view') AND m.name = \(table))"
    }

    func searchPath(of table: CatalogueTable) -> String? { nil }

    // MARK: Values

    /// A timestamp is a text, in a column of any of these types.
    func timeKind(_ kind: MappingFile.TimeKind, of column: CatalogueTable.Column) -> ResolvedTables.TimeKind? {
        switch (kind, column.type) {
        case (.timestampUTC, .timestamp), (.timestampUTC, .text), (.timestampUTC, .other): .text
        case (.epochSeconds, .integer), (.epochSeconds, .decimal), (.epochSeconds, .double): .epochSeconds
        case (.epochMilliseconds, .integer), (.epochMilliseconds, .timestamp): .epochMilliseconds
        default: nil
        }
    }

    func latest(_ a: String, _ b: String) -> String { "max(coalesce(\(a), \(b)), coalesce(\(b), \(a)))" }

    func compared(_ text: String, with column: CatalogueTable.Column) -> String { text }

    func comparedIfPossible(_ text: String, with column: CatalogueTable.Column) -> String { text }

    func assigned(_ sql: String, to column: CatalogueTable.Column) -> String { sql }

    func assignedKey(_ text: String, to column: CatalogueTable.Column) -> String { text }

    /// A column may contain values of any type, whatever its own is.
    func tokens(_ sql: String, of column: CatalogueTable.Column) -> String {
        """
        CASE WHEN \(sql) IS NULL THEN 0 WHEN typeof(\(sql)) IN ('integer', 'real') AND \(sql) = CAST(\(sql) AS integer)
            AND \(sql) BETWEEN 0 AND \(Limits.tokens) THEN CAST(\(sql) AS integer) ELSE -1 END
        """
    }

    func errorObject(_ text: String) -> String {
        "json_object('error', \(text), 'at', strftime('%Y-%m-%dT%H:%M:%fZ', :now / 1000.0, 'unixepoch'))"
    }

    func appended(_ object: String, to sql: String, of column: CatalogueTable.Column) -> String {
        "json_insert(coalesce(\(sql), '[]'), '$[#]', json(\(object)))"
    }

    // MARK: Plans

    var createsIndex: String { "CREATE INDEX" }

    func plan(of sql: String) -> [String] { ["EXPLAIN QUERY PLAN \(sql)"] }

    func readsWholeTable(_ row: any StoredRow) -> Bool {
        let step = row.text("detail") ?? ""
        return step.hasPrefix("SCAN j") && !step.contains("INDEX")
    }

    func sortsRows(_ row: any StoredRow) -> Bool { row.text("detail")?.contains("ORDER BY") == true }
}
