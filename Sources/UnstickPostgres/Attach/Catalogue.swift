import Unstick
import UnstickSQL

/// What the database's catalogue says about a table of a mapping.
struct CatalogueTable: Sendable {
    struct Column: Sendable {
        /// The type's name.
        var type: String
        /// The type with its modifier, for a cast: `character(26)`, where `character` alone is one letter.
        var fullType: String
        /// `e` for an enum, `b` for a base type.
        var category: String
        var isNotNull: Bool
        /// The labels of an enum.
        var labels: [String]

        /// A plain text, where a column that is named is not there.
        static let text = Column(type: "text", fullType: "text", category: "b", isNotNull: false, labels: [])

        var isInteger: Bool { ["smallint", "integer", "bigint"].contains(self.type) }
        var isText: Bool { ["text", "character varying", "character", "citext"].contains(self.type) }

        /// A value on its way into the column.
        ///
        /// A text is cast by the assignment: it refuses what is too long, where a cast would cut it.
        func assigned(_ sql: String) -> String { "CAST(\(sql) AS \(self.isText ? "text" : self.fullType))" }

        /// A text that is compared with the column, in the form that its index serves.
        func compared(_ text: String) -> String {
            ["text", "character varying"].contains(self.type) ? text : "CAST(\(text) AS \(self.fullType))"
        }

        /// ``compared(_:)``, NULL where the text is no value of the type.
        func comparedIfPossible(_ text: String) -> String {
            let digits = ["smallint": 4, "integer": 9, "bigint": 18][self.type]
            let form =
                self.type == "uuid"
                ? "^[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}$" : digits.map { "^-?[0-9]{1,\($0)}$" }
            return form.map { "CASE WHEN \(text) ~ '\($0)' THEN \(self.compared(text)) END" } ?? self.compared(text)
        }
    }

    var schema: String
    var name: String
    var columns: [String: Column]
    /// About how many rows it has.
    var rows: Int

    /// The table's name as SQL.
    var sql: String { "\(quoted(self.schema)).\(quoted(self.name))" }
}

/// A name as SQL, whatever is in it.
func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

/// A text as an SQL literal, whatever is in it.
func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

/// Reads the catalogue.
struct Catalogue: Sendable {
    let pool: PostgresPool

    /// The table, or `nil`; without a schema, one of the role's own search path.
    func table(_ name: String, schema: String?) async throws -> CatalogueTable? {
        let find = """
            SELECT n.nspname AS schema, c.relname AS name, c.oid AS oid,
                CASE WHEN c.relkind = 'p'
                    THEN (SELECT coalesce(sum(greatest(p.reltuples, 0)), 0) FROM pg_inherits AS h
                        JOIN pg_class AS p ON p.oid = h.inhrelid WHERE h.inhparent = c.oid)
                    ELSE greatest(c.reltuples, 0) END::bigint AS rows
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = :name AND c.relkind IN ('r', 'p', 'v', 'f')
                AND n.nspname = coalesce(CAST(:schema AS text), (
                    SELECT p.s FROM unnest(current_schemas(false)) WITH ORDINALITY AS p(s, place)
                    JOIN pg_namespace AS pn ON pn.nspname = p.s
                    JOIN pg_class AS pc ON pc.relnamespace = pn.oid AND pc.relname = :name
                    ORDER BY p.place LIMIT 1), 'public')
            """
        let columns = """
            SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
                format_type(a.atttypid, a.atttypmod) AS full_type, t.typtype AS category,
                a.attnotnull AS is_not_null,
                (SELECT string_agg(e.enumlabel, E'\\n' ORDER BY e.enumsortorder) FROM pg_enum AS e
                    WHERE e.enumtypid = a.atttypid) AS labels
            FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
            WHERE a.attrelid = CAST(:oid AS oid) AND a.attnum > 0 AND NOT a.attisdropped
            """
        return try await PostgresPool.repeating {
            try await self.pool.withConnection { connection in
                // With the role's own search path, which a transaction of ours does not have.
                let found = try connection.send(
                    [SQLCall(find, ["name": .text(name), "schema": SQLValue(schema)])],
                    limit: PostgresStore.statementLimit
                )[0].first
                guard let found, let oid = found.text("oid") else { return nil }
                let rows = try connection.send(
                    [SQLCall(columns, ["oid": .text(oid)])],
                    limit: PostgresStore.statementLimit
                )[0].rows
                return CatalogueTable(
                    schema: found.text("schema") ?? "",
                    name: found.text("name") ?? "",
                    columns: Dictionary(
                        uniqueKeysWithValues: rows.map { row in
                            (
                                row.text("name") ?? "",
                                CatalogueTable.Column(
                                    type: row.text("type") ?? "",
                                    fullType: row.text("full_type") ?? "",
                                    category: row.text("category") ?? "",
                                    isNotNull: row.flag("is_not_null"),
                                    labels: row.text("labels")?.split(separator: "\n").map(String.init) ?? []
                                )
                            )
                        }
                    ),
                    rows: found.integer("rows") ?? 0
                )
            }
        }
    }
}
