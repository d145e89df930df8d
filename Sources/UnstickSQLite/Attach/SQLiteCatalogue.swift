import Foundation
import GRDB
import UnstickSQL

/// Reads the catalogue of an SQLite file.
struct SQLiteCatalogue: CatalogueReader {
    let database: any DatabaseReader

    func table(_ name: String, schema: String?) async throws -> CatalogueTable? {
        guard schema == nil || schema == "main" else { return nil }
        return try await SQLiteFailure.translated { try await self.database.read { try Self.table(name, in: $0) } }
    }

    private static func table(_ name: String, in db: Database) throws -> CatalogueTable? {
        let kind = "SELECT type FROM sqlite_schema WHERE name = ? AND type IN ('table', 'view')"
        guard let kind = try String.fetchOne(db, sql: kind, arguments: [name]) else { return nil }
        let columns = try Row.fetchAll(
            db,
            sql: "SELECT name, type, \"notnull\" AS is_not_null, pk FROM pragma_table_xinfo(?)",
            arguments: [name]
        )
        var table = CatalogueTable(
            name: name,
            columns: Dictionary(uniqueKeysWithValues: columns.map { ($0["name"], CatalogueTable.Column(row: $0)) }),
            rows: try Self.rows(of: name, in: db),
            triggers: try String.fetchAll(
                db,
                sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? ORDER BY name",
                arguments: [name]
            )
        )
        if kind == "table" {
            let primary = columns.filter { $0["pk"] > 0 }.map { $0["name"] as String }
            table.uniqueKeys = try Self.uniqueIndexes(of: name, in: db) + (primary.isEmpty ? [] : [Set(primary)])
        }
        return table
    }

    /// The file has no estimate, so rows are counted up to the size of a large table.
    private static func rows(of name: String, in db: Database) throws -> Int {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM \(quoted(name)) LIMIT \(IndexUse.largeTable))"
        return try Int.fetchOne(db, sql: sql) ?? 0
    }

    private static func uniqueIndexes(of name: String, in db: Database) throws -> [Set<String>] {
        let sql = """
            SELECT json_group_array(c.name) AS columns FROM pragma_index_list(?) AS x, pragma_index_info(x.name) AS c
            WHERE x."unique" = 1 AND x.partial = 0 GROUP BY x.name
            """
        return try String.fetchAll(db, sql: sql, arguments: [name]).compactMap { columns in
            // An expression has no name, so the unique key is not a column.
            (try? JSONDecoder().decode([String].self, from: Data(columns.utf8))).map(Set.init)
        }
    }
}

extension CatalogueTable.Column {
    fileprivate init(row: Row) {
        let declared: String = row["type"]
        self.init(ColumnType(sqlite: declared), declared: declared, isNotNull: row["is_not_null"])
    }
}

extension ColumnType {
    /// The type of a column from the text of its declared type, as in SQLite's rules of affinity.
    fileprivate init(sqlite declared: String) {
        let declared = declared.uppercased()
        let types: [(String, ColumnType)] = [
            ("INT", .integer), ("CHAR", .text), ("CLOB", .text), ("TEXT", .text), ("BLOB", .bytes), ("REAL", .double),
            ("FLOA", .double), ("DOUB", .double), ("BOOL", .boolean), ("DATE", .timestamp(hasZone: false)),
            ("TIME", .timestamp(hasZone: false)), ("DEC", .decimal), ("NUM", .decimal), ("JSON", .json),
            ("UUID", .uuid),
        ]
        self = types.first { declared.contains($0.0) }?.1 ?? .other
    }
}
