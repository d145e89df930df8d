import Unstick

/// A mapped time by itself, to find its newest value.
package struct MappedTime: Sendable {
    /// The key of a time under `jobs` in a mapping.
    package enum Name: String, Sendable {
        case created, started, heartbeat, updated, completed
    }

    let name: Name
    /// The form that the mapping names.
    let kind: MappingFile.TimeKind
    /// How the column stores it.
    let clock: ResolvedTables.TimeKind
    /// The column without its table.
    let column: String
    /// The table, as SQL.
    let table: String
    private let conditions: [String]
    private let rows: Int

    /// - Parameter conditions: the fixed conditions on the rows `x`.
    init(
        name: Name,
        kind: MappingFile.TimeKind,
        column: (table: CatalogueTable, name: String),
        clock: ResolvedTables.TimeKind,
        conditions: [String]
    ) {
        (self.name, self.kind, self.clock, self.conditions) = (name, kind, clock, conditions)
        (self.table, self.rows, self.column) = (column.table.sql, column.table.rows, column.name)
    }

    /// How many of the newest values are read: those that cannot be read as a time are skipped.
    private static let read = 100

    /// The newest value in milliseconds, as the column `newest`.
    var newest: String {
        """
        SELECT max(CASE WHEN \(self.clock.isReadable("n.moment")) THEN \(self.clock.milliseconds("n.moment")) END) AS newest
        FROM (\(self.newestValues)) AS n
        """
    }

    /// The newest values of the column that are in the range of its kind.
    private var newestValues: String {
        let value = "x.\(quoted(self.column))"
        let range = self.clock.range.map { "\(value) BETWEEN \($0.first) AND \($0.last)" } ?? "\(value) IS NOT NULL"
        return """
            SELECT \(value) AS moment FROM \(self.table) AS x WHERE \((self.conditions + [range]).joined(separator: " AND "))
            ORDER BY \(value) DESC LIMIT \(Self.read)
            """
    }

    /// Whether the newest value can be read without reading a large table.
    func isBounded(in engine: some SQLEngine) async throws -> Bool {
        guard self.rows >= IndexUse.largeTable else { return true }
        // With an index, but few rows that meet the conditions, many rows would be read.
        guard self.conditions.isEmpty else { return false }
        let dialect = engine.dialect
        return try await !IndexUse.plan(of: SQLCall(self.newestValues), in: engine) { dialect.sortsRows($0) }
    }
}
