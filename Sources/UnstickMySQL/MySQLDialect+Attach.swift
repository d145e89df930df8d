import Unstick
import UnstickSQL

/// The SQL of MariaDB and MySQL for the tables of a team.
extension MySQLDialect {
    var name: String { "mysql" }

    var locksSources: String? { "SELECT id FROM unstick.sources ORDER BY id FOR UPDATE" }

    var databaseName: String { "database()" }

    func tableExists(schema: String, table: String) -> String {
        """
        EXISTS (SELECT 1 FROM information_schema.tables AS m WHERE m.table_schema = \(schema) AND m.table_name = \(table))
        """
    }

    func searchPath(of table: CatalogueTable) -> String? { nil }

    // MARK: Values

    func timeKind(_ kind: MappingFile.TimeKind, of column: CatalogueTable.Column) -> ResolvedTables.TimeKind? {
        switch (kind, column.type) {
        case (.epochSeconds, .integer), (.epochSeconds, .decimal), (.epochSeconds, .double): .epochSeconds
        case (.epochMilliseconds, .integer): .epochMilliseconds
        default: nil
        }
    }

    func latest(_ a: String, _ b: String) -> String { "greatest(coalesce(\(a), \(b)), coalesce(\(b), \(a)))" }

    /// A number that is compared with a text is compared as a fraction, without the index.
    func compared(_ text: String, with column: CatalogueTable.Column) -> String {
        column.type == .integer ? "CAST(\(text) AS bigint)" : text
    }

    func comparedIfPossible(_ text: String, with column: CatalogueTable.Column) -> String {
        guard column.type == .integer else { return text }
        return "CASE WHEN \(text) REGEXP '^-?[0-9]{1,18}$' THEN \(self.compared(text, with: column)) END"
    }

    /// The strict mode refuses a text that is too long.
    func assigned(_ sql: String, to column: CatalogueTable.Column) -> String { sql }

    func assignedKey(_ text: String, to column: CatalogueTable.Column) -> String {
        column.type == .uuid ? "md5(\(text))" : text
    }

    func tokens(_ sql: String, of column: CatalogueTable.Column) -> String {
        if column.type == .integer { return "coalesce(\(sql), 0)" }
        return """
            CAST(CASE WHEN \(sql) IS NULL THEN 0
                WHEN \(sql) = truncate(\(sql), 0) AND \(sql) BETWEEN 0 AND \(Limits.tokens) THEN \(sql) ELSE -1 END AS bigint)
            """
    }

    func errorObject(_ text: String) -> String {
        "json_object('error', \(text), 'at', date_format(utc_timestamp(3), '%Y-%m-%dT%H:%i:%s.%fZ'))"
    }

    func appended(_ object: String, to sql: String, of column: CatalogueTable.Column) -> String {
        "json_array_append(coalesce(\(sql), '[]'), '$', json_extract(\(object), '$'))"
    }

    // MARK: Plans

    var createsIndex: String { "CREATE INDEX" }

    func plan(of sql: String) -> [String] { ["EXPLAIN \(sql)"] }

    func readsWholeTable(_ row: any StoredRow) -> Bool {
        row.text("table") == "j" && ["ALL", "index"].contains(row.text("type") ?? "")
    }

    func sortsRows(_ row: any StoredRow) -> Bool { row.text("Extra")?.contains("filesort") == true }
}
