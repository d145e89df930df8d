/// A table that a step of the schema creates, in the words that all engines share.
///
/// Each engine spells it out: ``SQLDialect/creation(of:)``.
package struct NewTable: Sendable {
    /// The type of a column.
    package enum Kind: Sendable {
        /// An id, a kind or a name.
        case id
        /// A short word of this package, or an id that it makes.
        case word
        /// A text of any length.
        case text
        /// A whole number, or a time in milliseconds since 1970.
        case integer
        case flag
    }

    package struct Column: Sendable {
        package let name: String
        package let kind: Kind
        package let isOptional: Bool

        package init(_ name: String, _ kind: Kind, isOptional: Bool = false) {
            self.name = name
            self.kind = kind
            self.isOptional = isOptional
        }
    }

    package struct Index: Sendable {
        package let name: String
        package let columns: [String]

        package init(_ name: String, _ columns: [String]) {
            self.name = name
            self.columns = columns
        }
    }

    /// The name, with the marker `unstick.`.
    package let name: String
    package let columns: [Column]
    package let key: [String]
    package let indexes: [Index]

    package init(_ name: String, _ columns: [Column], key: [String], indexes: [Index] = []) {
        self.name = name
        self.columns = columns
        self.key = key
        self.indexes = indexes
    }

    /// The columns and the key.
    package func definitions(_ type: (Kind) -> String) -> [String] {
        self.columns.map { "\($0.name) \(type($0.kind))\($0.isOptional ? "" : " NOT NULL")" }
            + ["PRIMARY KEY (\(self.key.joined(separator: ", ")))"]
    }

    /// `CREATE TABLE`, and an index after the other.
    ///
    /// - Parameters:
    ///   - indexPrefix: precedes the name of an index.
    ///   - options: follow the definitions of the table.
    package func creation(indexPrefix: String, options: String, _ type: (Kind) -> String) -> String {
        let table = """
            CREATE TABLE \(self.name) (
                \(self.definitions(type).joined(separator: ",\n    "))
            )\(options);
            """
        let indexes = self.indexes.map {
            "CREATE INDEX \(indexPrefix)\($0.name) ON \(self.name) (\($0.columns.joined(separator: ", ")));"
        }
        return ([table] + indexes).joined(separator: "\n")
    }
}

extension Migration {
    /// A step that creates tables.
    package init(name: String, tables: [NewTable], _ dialect: some SQLDialect) {
        self.init(name: name, sql: tables.map(dialect.creation).joined(separator: "\n"))
    }
}
