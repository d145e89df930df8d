/// How databases differ in SQL for the same meaning.
///
/// A new engine must provide what this protocol lists, and the compiler checks it.
package protocol SQLDialect: AttachDialect {
    /// The names of Unstick's own tables.
    var names: TableNames { get }

    /// The statements that create a table of Unstick's own.
    func creation(of table: NewTable) -> String

    /// The units per millisecond of the times in run items.
    var itemTicks: Int { get }

    /// Whether several transactions can write at once, so that rows are locked one by one.
    var locksRows: Bool { get }

    /// Whether a claim is marked, so that it can be read back if the answer to its commit is lost.
    var marksClaims: Bool { get }

    /// Whether a team's own billing can receive refunds due.
    var asksForRefunds: Bool { get }

    /// The statement that makes the planner use keys in this transaction; `nil` if it always does.
    var indexOnlyPlanner: String? { get }

    /// Locks rows, and skips those that another transaction has locked.
    ///
    /// - Parameter table: the table whose rows are locked.
    func lockingFree(_ table: String) -> String

    /// Locks a row, after waiting for transactions that change it now.
    var locking: String { get }

    /// Marks a relation that is computed once, in the order that it names.
    var computedOnce: String { get }

    /// Whether a relation is computed once, however often its statement names it.
    var sharesRelations: Bool { get }

    /// Whether the rows of an ordered relation are read in its order without another sort.
    var keepsOrder: Bool { get }

    func greatest(_ a: String, _ b: String) -> String

    func least(_ a: String, _ b: String) -> String

    /// Updates the rows of a table that match a relation, with the values of the relation.
    ///
    /// - Parameter assignments: each column, and its new value.
    func update(
        _ table: (name: String, alias: String),
        set assignments: [(column: String, value: String)],
        from relation: String,
        where condition: String
    ) -> String

    /// Deletes the rows of a table that match a relation.
    func delete(_ table: KeyedTable, using relation: String, where condition: String) -> String

    /// An expression, or the column that has its value where an index cannot be on an expression.
    func indexed(_ expression: String, in column: String) -> String

    /// The join of a table that is looked up for each row of the relation before it.
    var joinLater: String { get }

    /// Whether a locking search also locks, or skips, the rows that its table is joined with.
    var locksJoinedRows: Bool { get }

    /// What follows a table's name so that a locking search reads a range of this index, and locks no row outside it.
    func searching(index: String) -> String

    /// The first distinct values of an indexed expression, in order.
    func distinct(_ expression: String, of table: String, limit: Int) -> String

    /// Equality that is true for two NULLs.
    func isSame(_ a: String, _ b: String) -> String

    /// Whether two columns together come after two values, in the form that an index serves.
    func isAfter(_ columns: (String, String), _ values: (String, String)) -> String

    /// A whole number as a text that sorts as the number does, up to ten million.
    func sortable(_ number: String) -> String

    /// A whole number from 0 to 999 that differs from job to job and from attempt to attempt.
    func perMille(_ job: String, _ attempt: String) -> String

    /// Joins the one matching row of a small relation to each row of the relation before it, which is read in its own
    /// order.
    func joinOne(_ relation: String, on condition: String) -> String

    /// The objects of a JSON array as rows.
    func rows(of parameter: String, _ columns: [(name: String, isText: Bool)]) -> String

    /// A JSON object of texts.
    func object(_ fields: [(name: String, value: String)]) -> String

    /// A text in a JSON object; NULL if it has no such name.
    func text(_ name: String, of object: String) -> String

    /// Whether something in the database may replace values that are written to a table of Unstick's.
    func mayRewrite(_ table: String) -> String

    /// Makes deferred triggers fire now; `nil` where there are none.
    var firesTriggers: String? { get }

    /// The statement that limits how long a transaction waits for locks from now on; `nil` where it waits for none.
    var waitsShortly: String? { get }

    /// The server's clock during a transaction, in microseconds, as the column `microseconds`; `nil` where the process
    /// measures time itself.
    var runningClock: String? { get }
}

/// What most databases have in common.
extension SQLDialect {
    package func update(
        _ table: (name: String, alias: String),
        set assignments: [(column: String, value: String)],
        from relation: String,
        where condition: String
    ) -> String {
        """
        UPDATE \(table.name) AS \(table.alias) SET \(assignments.map { "\($0.column) = \($0.value)" }.joined(separator: ", "))
        FROM \(relation) WHERE \(condition)
        """
    }

    package func isAfter(_ columns: (String, String), _ values: (String, String)) -> String {
        "\(columns.0) >= \(values.0) AND (\(columns.0) > \(values.0) OR \(columns.1) > \(values.1))"
    }

    package func object(_ fields: [(name: String, value: String)]) -> String {
        "json_object(\(fields.map { "'\($0.name)', \($0.value)" }.joined(separator: ", ")))"
    }

    package var joinLater: String { "JOIN" }

    package var locksJoinedRows: Bool { false }

    package func searching(index: String) -> String { "" }

    package var sharesRelations: Bool { true }

    package func indexed(_ expression: String, in column: String) -> String { expression }

    /// One index lookup for each value, however many rows have it.
    package func distinct(_ expression: String, of table: String, limit: Int) -> String {
        """
        WITH RECURSIVE known (value) AS (
            SELECT (SELECT \(expression) FROM \(table) ORDER BY \(expression) LIMIT 1)
            UNION ALL
            SELECT (
                SELECT \(expression) FROM \(table) WHERE \(expression) > known.value ORDER BY \(expression) LIMIT 1
            ) FROM known WHERE known.value IS NOT NULL
        )
        SELECT value FROM known WHERE value IS NOT NULL LIMIT \(limit)
        """
    }
}

/// A table whose rows a statement deletes.
package struct KeyedTable {
    package let name: String
    package let alias: String
    /// The columns that identify a row.
    package let key: [String]
}
