import Unstick
package import UnstickSQL

/// The SQL of PostgreSQL for the tables of a team.
extension PostgresDialect {
    package var name: String { "postgres" }

    package var locksSources: String? { "LOCK TABLE unstick.sources IN SHARE ROW EXCLUSIVE MODE" }

    package var databaseName: String { "current_database()" }

    package func tableExists(schema: String, table: String) -> String {
        """
        EXISTS (SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = \(schema) AND c.relname = \(table))
        """
    }

    package func searchPath(of table: CatalogueTable) -> String? { "\(quoted(table.schema)),public" }

    // MARK: Values

    package func timeKind(_ kind: MappingFile.TimeKind, of column: CatalogueTable.Column) -> ResolvedTables.TimeKind? {
        switch (kind, column.type) {
        case (.timestamptz, .timestamp(hasZone: true)): .timestamptz
        case (.timestampUTC, .timestamp(hasZone: false)): .timestampUTC
        case (.epochSeconds, .integer), (.epochSeconds, .double), (.epochSeconds, .decimal): .epochSeconds
        case (.epochMilliseconds, .integer): .epochMilliseconds
        default: nil
        }
    }

    package func latest(_ a: String, _ b: String) -> String { "greatest(\(a), \(b))" }

    package func compared(_ text: String, with column: CatalogueTable.Column) -> String {
        column.declared == "text" || column.declared.hasPrefix("character varying")
            ? text : "CAST(\(text) AS \(column.declared))"
    }

    package func comparedIfPossible(_ text: String, with column: CatalogueTable.Column) -> String {
        let compared = self.compared(text, with: column)
        let digits = ["smallint": 4, "integer": 9, "bigint": 18][column.declared]
        let form =
            column.type == .uuid
            ? "^[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}$" : digits.map { "^-?[0-9]{1,\($0)}$" }
        return form.map { "CASE WHEN \(text) ~ '\($0)' THEN \(compared) END" } ?? compared
    }

    /// The assignment casts a text and refuses one that is too long, where a cast would cut it.
    package func assigned(_ sql: String, to column: CatalogueTable.Column) -> String {
        "CAST(\(sql) AS \(column.type == .text ? "text" : column.declared))"
    }

    package func assignedKey(_ text: String, to column: CatalogueTable.Column) -> String {
        column.type == .uuid ? "CAST(md5(\(text)) AS uuid)" : self.assigned(text, to: column)
    }

    package func tokens(_ sql: String, of column: CatalogueTable.Column) -> String {
        if column.type == .integer { return "coalesce(CAST(\(sql) AS bigint), 0)" }
        return """
            CAST(CASE WHEN \(sql) IS NULL THEN 0
                WHEN \(sql) = trunc(\(sql)) AND \(sql) BETWEEN 0 AND \(Limits.tokens) THEN \(sql) ELSE -1 END AS bigint)
            """
    }

    package func errorObject(_ text: String) -> String {
        """
        json_build_object('error', \(text), 'at',
            to_char(to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        """
    }

    package func appended(_ object: String, to sql: String, of column: CatalogueTable.Column) -> String {
        if case .array(let element) = column.type { return "array_append(\(sql), CAST(\(object) AS \(element)))" }
        let list = "coalesce(CAST(\(sql) AS jsonb), '[]') || jsonb_build_array(CAST(\(object) AS jsonb))"
        return self.assigned(list, to: column)
    }

    // MARK: Plans

    package var createsIndex: String { "CREATE INDEX CONCURRENTLY" }

    package func plan(of sql: String) -> [String] {
        ["SELECT set_config('enable_seqscan', 'off', true)", "EXPLAIN (FORMAT TEXT) \(sql)"]
    }

    package func readsWholeTable(_ row: any StoredRow) -> Bool {
        let line = row.text("QUERY PLAN") ?? ""
        return line.contains("Seq Scan on") && line.contains(" j ")
    }

    package func sortsRows(_ row: any StoredRow) -> Bool {
        row.text("QUERY PLAN")?.contains(#/(?:^|->) *(?:Incremental )?Sort /#) == true
    }
}
