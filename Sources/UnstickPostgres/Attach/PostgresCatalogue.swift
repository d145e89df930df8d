import UnstickSQL

/// Reads the catalogue of a PostgreSQL database.
struct PostgresCatalogue: CatalogueReader {
    let pool: PostgresPool

    /// The table; without a schema, one of the role's own search path.
    ///
    /// A role named `unstick` has the schema of Unstick's own tables in its search path: those are never the team's.
    func table(_ name: String, schema: String?) async throws -> CatalogueTable? {
        try await PostgresPool.repeating {
            try await self.pool.withConnection { connection in
                // With the role's own search path, which transactions of the store do not have.
                func rows(_ sql: String, _ arguments: SQLArguments) throws -> [any StoredRow] {
                    try connection.send([SQLCall(sql, arguments)], limit: PostgresStore.statementLimit)[0].rows
                }
                let found = try rows(Self.find, ["name": .text(name), "schema": SQLValue(schema)]).first
                guard let found, let oid = found.text("oid") else { return nil }
                let columns = try rows(Self.columns, ["oid": .text(oid)]).map { row in
                    (row.text("name") ?? "", CatalogueTable.Column(row: row))
                }
                var table = CatalogueTable(row: found, columns: Dictionary(uniqueKeysWithValues: columns))
                if ["r", "p"].contains(found.text("relkind")) {
                    table.uniqueKeys = try rows(Self.keys, ["oid": .text(oid)]).map { Set($0.lines("columns")) }
                }
                return table
            }
        }
    }

    private static let find = """
        SELECT n.nspname AS schema, c.relname AS name, c.oid AS oid, CAST(c.relkind AS text) AS relkind,
            CASE WHEN c.relkind = 'p'
                THEN (SELECT coalesce(sum(greatest(p.reltuples, 0)), 0) FROM pg_inherits AS h
                    JOIN pg_class AS p ON p.oid = h.inhrelid WHERE h.inhparent = c.oid)
                ELSE greatest(c.reltuples, 0) END::bigint AS rows,
            has_table_privilege(c.oid, 'SELECT') AS may_read,
            has_any_column_privilege(c.oid, 'UPDATE') AS may_update, c.relrowsecurity AS has_policies,
            row_security_active(c.oid) AS is_filtered,
            (SELECT string_agg(t.tgname, E'\\n' ORDER BY t.tgname) FROM pg_trigger AS t
                WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) AS triggers
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relname = :name AND c.relkind IN ('r', 'p', 'v', 'f')
            AND n.nspname = coalesce(CAST(:schema AS text), (
                SELECT p.s FROM unnest(current_schemas(false)) WITH ORDINALITY AS p(s, place)
                JOIN pg_namespace AS pn ON pn.nspname = p.s
                JOIN pg_class AS pc ON pc.relnamespace = pn.oid AND pc.relname = :name
                WHERE p.s <> 'unstick'
                ORDER BY p.place LIMIT 1), 'public')
        """

    private static let columns = """
        SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
            format_type(a.atttypid, a.atttypmod) AS full_type, t.typtype AS category,
            a.attnotnull AS is_not_null,
            (SELECT string_agg(e.enumlabel, E'\\n' ORDER BY e.enumsortorder) FROM pg_enum AS e
                WHERE e.enumtypid = a.atttypid) AS labels
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE a.attrelid = CAST(:oid AS oid) AND a.attnum > 0 AND NOT a.attisdropped
        """

    private static let keys = """
        SELECT (SELECT string_agg(a.attname, E'\\n')
            FROM unnest(CAST(x.indkey AS int2[])) WITH ORDINALITY AS k(number, place)
            JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number
            WHERE k.place <= x.indnkeyatts) AS columns
        FROM pg_index AS x
        WHERE x.indrelid = CAST(:oid AS oid) AND x.indisunique AND x.indpred IS NULL AND x.indexprs IS NULL
        """
}

extension CatalogueTable {
    fileprivate init(row: any StoredRow, columns: [String: Column]) {
        self.init(
            schema: row.text("schema") ?? "",
            name: row.text("name") ?? "",
            columns: columns,
            rows: row.integer("rows") ?? 0,
            access: Access(
                mayRead: row.flag("may_read"),
                mayChange: row.flag("may_update"),
                rowPolicies: row.flag("is_filtered") ? .applied : row.flag("has_policies") ? .bypassed : .none
            ),
            triggers: row.lines("triggers")
        )
    }
}

extension CatalogueTable.Column {
    fileprivate init(row: any StoredRow) {
        let name = row.text("type") ?? ""
        let type = row.text("category") == "e" ? .enumeration(row.lines("labels")) : ColumnType(postgres: name)
        self.init(type, declared: row.text("full_type") ?? "", isNotNull: row.flag("is_not_null"))
    }
}

extension ColumnType {
    /// The type of this name, without its modifier.
    fileprivate init(postgres name: String) {
        self =
            switch name {
            case "text", "character varying", "character", "citext": .text
            case "smallint", "integer", "bigint": .integer
            case "numeric": .decimal
            case "double precision": .double
            case "boolean": .boolean
            case "timestamp with time zone": .timestamp(hasZone: true)
            case "timestamp without time zone": .timestamp(hasZone: false)
            case "json", "jsonb": .json
            case "uuid": .uuid
            case "bytea": .bytes
            default: name.hasSuffix("[]") ? .array(of: String(name.dropLast(2))) : .other
            }
    }
}

extension StoredRow {
    fileprivate func lines(_ column: String) -> [String] {
        self.text(column)?.split(separator: "\n").map(String.init) ?? []
    }
}
