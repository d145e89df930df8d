/// Where databases differ over the tables of a team; a part of ``SQLDialect``.
package protocol AttachDialect: Sendable {
    /// How presets name the database.
    var name: String { get }

    /// What keeps other nodes from naming a source at the same time; `nil` where a transaction does.
    var locksSources: String? { get }

    /// The name of the database, as SQL.
    var databaseName: String { get }

    /// Whether there is a table of this name, as SQL.
    func tableExists(schema: String, table: String) -> String

    /// Where the functions and triggers of a table find what they name; `nil` where the database has no search path.
    func searchPath(of table: CatalogueTable) -> String?

    // MARK: Values

    /// How a column keeps a moment; `nil` where it cannot keep one of this kind.
    func timeKind(_ kind: MappingFile.TimeKind, of column: CatalogueTable.Column) -> ResolvedTables.TimeKind?

    /// The later of two moments; NULL only where both are.
    func latest(_ a: String, _ b: String) -> String

    /// A text that is compared with a column, in the form that its index serves.
    func compared(_ text: String, with column: CatalogueTable.Column) -> String

    /// ``compared(_:with:)``, NULL where the text is no value of the column's type.
    func comparedIfPossible(_ text: String, with column: CatalogueTable.Column) -> String

    /// A value on its way into a column.
    ///
    /// A text that is too long is refused, and never cut.
    func assigned(_ sql: String, to column: CatalogueTable.Column) -> String

    /// A text on its way into a key column: other texts become other keys.
    func assignedKey(_ text: String, to column: CatalogueTable.Column) -> String

    /// A number of tokens: 0 for NULL, below 0 for what is not a whole number from 0 to ``Unstick/Limits/tokens``.
    func tokens(_ sql: String, of column: CatalogueTable.Column) -> String

    /// A JSON object with a text as `error`, and the moment of the change as `at`.
    func errorObject(_ text: String) -> String

    /// The list in a column with a JSON object added to it.
    func appended(_ object: String, to sql: String, of column: CatalogueTable.Column) -> String

    // MARK: Plans

    /// How an index is created without keeping writers out.
    var createsIndex: String { get }

    /// The statements that answer with a statement's plan, a line in each row of the last one.
    func plan(of sql: String) -> [String]

    /// Whether a row of a plan reads the whole table of the jobs `j`.
    func readsWholeTable(_ row: any StoredRow) -> Bool
}
