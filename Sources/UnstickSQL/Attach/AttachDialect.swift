/// How databases differ for the tables of a team; a part of ``SQLDialect``.
package protocol AttachDialect: Sendable {
    /// The name of the database in presets.
    var name: String { get }

    /// The statement that stops other nodes from naming a source at the same time; `nil` where a transaction does.
    var locksSources: String? { get }

    /// The name of the database, as SQL.
    var databaseName: String { get }

    /// Whether a table of this name exists, as SQL.
    func tableExists(schema: String, table: String) -> String

    /// The search path for the functions and triggers of a table; `nil` where the database has none.
    func searchPath(of table: CatalogueTable) -> String?

    // MARK: Values

    /// How a column stores a time; `nil` where it cannot store this kind.
    func timeKind(_ kind: MappingFile.TimeKind, of column: CatalogueTable.Column) -> ResolvedTables.TimeKind?

    /// The later of two times; NULL only where both are.
    func latest(_ a: String, _ b: String) -> String

    /// A text for a comparison with a column, in the form that its index serves.
    func compared(_ text: String, with column: CatalogueTable.Column) -> String

    /// ``compared(_:with:)``, NULL where the text is no value of the column's type.
    func comparedIfPossible(_ text: String, with column: CatalogueTable.Column) -> String

    /// A value that is written to a column.
    ///
    /// A text that is too long is refused, never cut.
    func assigned(_ sql: String, to column: CatalogueTable.Column) -> String

    /// A text that is written to a key column: different texts stay different keys.
    func assignedKey(_ text: String, to column: CatalogueTable.Column) -> String

    /// A number of tokens: 0 for NULL, below 0 for a value that is not a whole number from 0 to
    /// ``/Unstick/Limits/tokens``.
    func tokens(_ sql: String, of column: CatalogueTable.Column) -> String

    /// A JSON object with a text as `error`, and the time of the change as `at`.
    func errorObject(_ text: String) -> String

    /// The list in a column with a JSON object added to it.
    func appended(_ object: String, to sql: String, of column: CatalogueTable.Column) -> String

    // MARK: Plans

    /// How an index is created without blocking writers.
    var createsIndex: String { get }

    /// The statements that return a statement's plan, a line in each row of the last one.
    func plan(of sql: String) -> [String]

    /// Whether a row of a plan reads the whole table of the jobs `j`.
    func readsWholeTable(_ row: any StoredRow) -> Bool

    /// Whether a row of a plan sorts rows, because no index has them in order.
    func sortsRows(_ row: any StoredRow) -> Bool
}
