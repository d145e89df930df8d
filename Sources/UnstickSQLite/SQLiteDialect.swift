import UnstickSQL

/// The SQL of SQLite.
///
/// A transaction locks the whole database, so no row is locked by itself.
struct SQLiteDialect: SQLDialect {
    let names: TableNames
    let itemTicks: Int
    let locksRows = false
    let marksClaims = false
    let asksForRefunds: Bool
    let indexOnlyPlanner: String? = nil
    let locking = ""
    /// SQLite reads such a relation as it computes it.
    let computedOnce = ""
    let keepsOrder = true
    let firesTriggers: String? = nil
    let waitsShortly: String? = nil
    let runningClock: String? = nil

    func creation(of table: NewTable) -> String {
        table.creation(indexPrefix: "unstick.", options: " STRICT, WITHOUT ROWID") { kind in
            switch kind {
            case .id, .word, .text: "TEXT"
            case .integer, .flag: "INTEGER"
            }
        }
    }

    func lockingFree(_ table: String) -> String { "" }

    func greatest(_ a: String, _ b: String) -> String { "max(\(a), \(b))" }

    func least(_ a: String, _ b: String) -> String { "min(\(a), \(b))" }

    func delete(_ table: KeyedTable, using relation: String, where condition: String) -> String {
        """
        DELETE FROM \(table.name) WHERE (\(table.key.joined(separator: ", "))) IN (
            SELECT \(table.key.map { "\(table.alias).\($0)" }.joined(separator: ", "))
            FROM \(relation) JOIN \(table.name) AS \(table.alias) ON \(condition))
        """
    }

    func isSame(_ a: String, _ b: String) -> String { "\(a) IS \(b)" }

    func sortable(_ number: String) -> String { "printf('%07d', \(number))" }

    func perMille(_ job: String, _ attempt: String) -> String { "abs(random() % 1000)" }

    /// With a plain join, SQLite reads all jobs again for each row of the relation.
    func joinOne(_ relation: String, on condition: String) -> String { "CROSS JOIN \(relation) ON \(condition)" }

    func rows(of parameter: String, _ columns: [(name: String, isText: Bool)]) -> String {
        let list = columns.map { "json_extract(value, '$.\($0.name)') AS \($0.name)" }
        return "SELECT \(list.joined(separator: ", ")) FROM json_each(\(parameter))"
    }

    func mayRewrite(_ table: String) -> String {
        "EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = '\(self.names.stored(table))')"
    }

    func text(_ name: String, of object: String) -> String { "json_extract(\(object), '$.\(name)')" }
}

extension SQLDialect where Self == SQLiteDialect {
    /// For a file of Unstick's own, whose times are milliseconds.
    static var sqlite: Self { SQLiteDialect(names: .plain, itemTicks: 1, asksForRefunds: false) }

    /// For a team's file, whose times may have microseconds.
    static var attachedSQLite: Self { SQLiteDialect(names: .prefixed, itemTicks: 1000, asksForRefunds: true) }
}
