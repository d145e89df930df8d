import UnstickSQL

/// The SQL of MariaDB and MySQL, for the common subset of MariaDB 10.6 and MySQL 8.0.
///
/// Differences that only replace words are in ``MySQLSpelling``.
struct MySQLDialect: SQLDialect {
    /// Texts compare by their bytes, including the spaces at their end.
    let collation: String

    static let names = TableNames.prefixed
    var names: TableNames { Self.names }
    let itemTicks = 1000
    let locksRows = true
    let marksClaims = true
    let asksForRefunds = false
    let indexOnlyPlanner: String? = nil
    let locking = " FOR UPDATE"
    let computedOnce = ""
    let sharesRelations = false
    let keepsOrder = false
    let firesTriggers: String? = nil
    let waitsShortly: String? = "SET SESSION innodb_lock_wait_timeout = 1"
    let runningClock: String? = "SELECT timestampdiff(MICROSECOND, '1970-01-01', sysdate(6)) AS microseconds"

    /// The table and its indexes in one statement, which can be repeated.
    func creation(of table: NewTable) -> String {
        let indexes = table.indexes.map { "KEY \($0.name) (\($0.columns.joined(separator: ", ")))" }
        let definitions = table.definitions { kind in
            switch kind {
            case .id: "VARCHAR(200)"
            case .word: "VARCHAR(40)"
            case .text: "TEXT"
            case .integer: "BIGINT"
            case .flag: "BOOLEAN"
            }
        }
        return """
            CREATE TABLE IF NOT EXISTS \(table.name) (
                \((definitions + indexes).joined(separator: ",\n    "))
            ) \(self.tableOptions);
            """
    }

    /// What follows the definitions of a table.
    var tableOptions: String {
        "ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE \(self.collation) ROW_FORMAT = DYNAMIC"
    }

    /// MariaDB has no `OF`, so rows of all tables of the statement are locked.
    func lockingFree(_ table: String) -> String { "FOR UPDATE SKIP LOCKED" }

    func greatest(_ a: String, _ b: String) -> String { "greatest(\(a), \(b))" }

    func least(_ a: String, _ b: String) -> String { "least(\(a), \(b))" }

    /// The relation first, so that only its rows are looked up and locked in the table.
    func update(
        _ table: (name: String, alias: String),
        set assignments: [(column: String, value: String)],
        from relation: String,
        where condition: String
    ) -> String {
        let list = assignments.map { "\(table.alias).\($0.column) = \($0.value)" }.joined(separator: ", ")
        return "UPDATE \(relation) \(self.joinLater) \(table.name) AS \(table.alias) ON \(condition) SET \(list)"
    }

    func delete(_ table: KeyedTable, using relation: String, where condition: String) -> String {
        "DELETE \(table.alias) FROM \(relation) JOIN \(table.name) AS \(table.alias) ON \(condition)"
    }

    func indexed(_ expression: String, in column: String) -> String { column }

    var joinLater: String { "STRAIGHT_JOIN" }

    var locksJoinedRows: Bool { true }

    /// Otherwise the server reads all rows of the status in the order of the index, and locks those before the cursor.
    func searching(index: String) -> String { " FORCE INDEX (\(index))" }

    /// One index lookup for each value.
    func distinct(_ expression: String, of table: String, limit: Int) -> String {
        "SELECT DISTINCT \(expression) AS value FROM \(table) ORDER BY \(expression) LIMIT \(limit)"
    }

    /// Two ranges of the index, which begin at the cursor.
    func isAfter(_ columns: (String, String), _ values: (String, String)) -> String {
        "(\(columns.0) > \(values.0) OR \(columns.0) = \(values.0) AND \(columns.1) > \(values.1))"
    }

    func isSame(_ a: String, _ b: String) -> String { "\(a) <=> \(b)" }

    func sortable(_ number: String) -> String {
        "lpad(CAST(\(number) AS text), greatest(7, char_length(CAST(\(number) AS text))), '0')"
    }

    func perMille(_ job: String, _ attempt: String) -> String { "crc32(\(job) || ':' || \(attempt)) % 1000" }

    /// In the order of the statement: in the other order, all jobs are sorted for each batch.
    func joinOne(_ relation: String, on condition: String) -> String { "\(self.joinLater) \(relation) ON \(condition)" }

    func rows(of parameter: String, _ columns: [(name: String, isText: Bool)]) -> String {
        let list = columns.map { name, isText in
            let type = isText ? "TEXT CHARACTER SET utf8mb4 COLLATE \(self.collation)" : "BIGINT"
            return "\"\(name)\" \(type) PATH '$.\(name)' NULL ON EMPTY ERROR ON ERROR"
        }
        return "SELECT * FROM JSON_TABLE(\(parameter), '$[*]' COLUMNS (\(list.joined(separator: ", ")))) AS x"
    }

    func text(_ name: String, of object: String) -> String { "json_value(\(object), '$.\(name)')" }

    func mayRewrite(_ table: String) -> String { "true" }
}
