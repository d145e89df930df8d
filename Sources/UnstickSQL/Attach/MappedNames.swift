/// The tables and columns of a mapping, each looked up in the catalogue.
///
/// All problems are collected, so that a user corrects a mapping once and not name by name.
struct MappedNames {
    private let catalogue: Catalogue
    private(set) var findings: [Finding] = []

    init(_ catalogue: Catalogue) {
        self.catalogue = catalogue
    }

    mutating func problem(_ subject: String, _ detail: String, advice: String? = nil) {
        self.findings.append(Finding(.error, subject, detail, advice: advice))
    }

    mutating func table(_ name: String, schema: String?) -> CatalogueTable? {
        let table = self.catalogue.table(name, schema: schema)
        if table == nil {
            self.problem(
                "table \(schema.map { $0 + "." } ?? "")\(name)",
                "does not exist, or this role may not see it",
                advice: "Check the spelling, upper and lower case included, and the schema."
            )
        }
        return table
    }

    mutating func column(_ name: String, of table: CatalogueTable) -> CatalogueTable.Column? {
        let column = table.columns[name]
        if column == nil {
            self.problem(
                "column \(name)",
                "\(table.name) does not have it",
                advice: "It has: \(table.columns.keys.sorted().joined(separator: ", "))."
            )
        }
        return column
    }

    /// How a column stores a time; a wrong kind is hours off, and refunds live jobs.
    mutating func timeKind(
        of time: MappingFile.TimeColumn,
        in column: CatalogueTable.Column,
        _ dialect: any SQLDialect
    ) -> ResolvedTables.TimeKind? {
        let kind = dialect.timeKind(time.kind, of: column)
        if kind == nil {
            self.problem(
                "column \(time.column)",
                "is \(column.declared), mapped as \(time.kind.rawValue)",
                advice: "Fix its kind."
            )
        }
        return kind
    }

    /// SQL that sets a column to the time of the change; `nil` where the column cannot store it.
    mutating func now(in time: MappingFile.TimeColumn, of table: CatalogueTable, _ dialect: any SQLDialect) -> String? {
        guard let column = self.column(time.column, of: table) else { return nil }
        return self.timeKind(of: time, in: column, dialect)?.now
    }
}

extension ResolvedTables.TimeKind {
    /// The time of the change as a column stores it.
    var now: String { self.value(microseconds: "CAST(:now AS bigint) * 1000") }
}
