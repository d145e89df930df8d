/// The tables of a mapping from the database's catalogue, in terms that all databases share.
package struct Catalogue: Sendable {
    private struct Name: Hashable {
        let schema: String?
        let table: String
    }

    private var tables: [Name: CatalogueTable] = [:]

    /// A catalogue of these tables; each is found with and without its schema.
    package init(_ tables: [CatalogueTable]) {
        for table in tables {
            self.tables[Name(schema: nil, table: table.name)] = table
            self.tables[Name(schema: table.schema, table: table.name)] = table
        }
    }

    /// Reads every table that a mapping names.
    package init(of mapping: MappingFile, from reader: some CatalogueReader) async throws {
        for (schema, name) in mapping.tables {
            self.tables[Name(schema: schema, table: name)] = try await reader.table(name, schema: schema)
        }
    }

    package func table(_ name: String, schema: String?) -> CatalogueTable? {
        self.tables[Name(schema: schema, table: name)]
    }
}

/// Reads the catalogue of a database.
package protocol CatalogueReader: Sendable {
    /// A table; `nil` if it does not exist, or the connection may not see it.
    ///
    /// Without a schema, the connection's search path decides.
    func table(_ name: String, schema: String?) async throws -> CatalogueTable?
}

/// A table in the catalogue.
package struct CatalogueTable: Sendable {
    /// A column of a table.
    package struct Column: Sendable {
        package var type: ColumnType
        /// The type as the database writes it, with its modifier: `character(26)`, where `character` alone is one
        /// letter.
        package var declared: String
        package var isNotNull: Bool

        package init(_ type: ColumnType, declared: String, isNotNull: Bool = false) {
            (self.type, self.declared, self.isNotNull) = (type, declared, isNotNull)
        }

        /// A text column, in place of a named column that does not exist.
        package static let text = Column(.text, declared: "text")
    }

    /// The rights of the connection on a table.
    package struct Access: Hashable, Sendable {
        package var mayRead: Bool
        package var mayChange: Bool
        package var rowPolicies: RowPolicies

        package init(mayRead: Bool, mayChange: Bool, rowPolicies: RowPolicies) {
            (self.mayRead, self.mayChange, self.rowPolicies) = (mayRead, mayChange, rowPolicies)
        }

        package static let full = Access(mayRead: true, mayChange: true, rowPolicies: .none)
    }

    /// Whether policies decide which rows a connection sees.
    package enum RowPolicies: Hashable, Sendable {
        case none
        /// There are policies, and they do not apply to this connection.
        case bypassed
        /// They hide rows from this connection.
        case applied
    }

    /// The schema; empty where the database has none.
    package var schema: String
    package var name: String
    package var columns: [String: Column]
    /// The lists of columns whose values are unique; `nil` where the catalogue does not have that, as for a view.
    package var uniqueKeys: [Set<String>]?
    /// About how many rows it has.
    package var rows: Int
    package var access: Access
    /// The team's triggers on it.
    package var triggers: [String]

    package init(
        schema: String = "",
        name: String,
        columns: [String: Column],
        uniqueKeys: [Set<String>]? = nil,
        rows: Int = 0,
        access: Access = .full,
        triggers: [String] = []
    ) {
        self.schema = schema
        self.name = name
        self.columns = columns
        self.uniqueKeys = uniqueKeys
        self.rows = rows
        self.access = access
        self.triggers = triggers
    }

    /// The name with its schema.
    package var place: String { self.schema.isEmpty ? self.name : "\(self.schema).\(self.name)" }

    /// The table's name as SQL.
    package var sql: String {
        self.schema.isEmpty ? quoted(self.name) : "\(quoted(self.schema)).\(quoted(self.name))"
    }
}

/// The type of a column, in terms that all databases share.
package enum ColumnType: Hashable, Sendable {
    case text
    /// A whole number of any size.
    case integer
    /// An exact number.
    case decimal
    /// A floating point number of eight bytes.
    case double
    case boolean
    case timestamp(hasZone: Bool)
    case json
    case uuid
    /// One of these labels.
    case enumeration([String])
    case bytes
    /// A list of values of a type, as the database writes it.
    case array(of: String)
    /// Another type of the database.
    case other

    /// Whether its numbers are exact.
    var isExactNumber: Bool { self == .integer || self == .decimal }
}

extension MappingFile {
    /// Every named table.
    var tables: [(schema: String?, name: String)] {
        var tables: [(String?, String)] = [(self.jobs.schema, self.jobs.table)]
        if let balances { tables.append((balances.schema, balances.table)) }
        if let ledger { tables.append((ledger.schema, ledger.table)) }
        for case .lookup(let lookup)? in [self.jobs.kind, self.jobs.tier, self.jobs.cost] {
            tables.append((lookup.schema, lookup.table))
        }
        for time in self.jobs.timeColumns { if let table = time.table { tables.append((time.schema, table)) } }
        return tables
    }
}

extension MappingFile.Jobs {
    var timeColumns: [MappingFile.TimeColumn] { self.namedTimes.map(\.time) }

    /// The mapped times, each with its key.
    var namedTimes: [(name: MappedTime.Name, time: MappingFile.TimeColumn)] {
        let times: [(MappedTime.Name, MappingFile.TimeColumn?)] = [
            (.created, self.created), (.started, self.started), (.heartbeat, self.heartbeat), (.updated, self.updated),
            (.completed, self.completed),
        ]
        return times.compactMap { name, time in time.map { (name, $0) } }
    }

    /// The columns and kinds of the times in one text: two mappings with the same text read the same times.
    var timesText: String {
        self.namedTimes.map { name, time in
            let table = [time.schema, time.table].compactMap { $0 }
            let match = (time.match ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            let constants = (time.where ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)='\($0.value)'" }
            let place = (table + [time.column]).joined(separator: ".")
            return "\(name.rawValue): \(place) \(time.kind.rawValue)" + (match + constants).joined()
        }.joined(separator: ", ")
    }
}
