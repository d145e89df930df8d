import Synchronization
import UnstickSQL

/// A statement for MariaDB and MySQL: a `?` for each placeholder.
struct MySQLStatement: Sendable {
    let sql: String
    /// The name of the parameter at each placeholder; a name may have several.
    let parameters: [String]
    /// How it handles rows whose key exists, if it adds some.
    let onKey: MySQLSpelling.OnKey?
    /// Whether it changes settings of the session, which must then be set again.
    let changesSettings: Bool

    private static let known = Mutex<[Key: MySQLStatement]>([:])

    private struct Key: Hashable {
        let sql: String
        let names: TableNames
    }

    /// The texts are constants of this package or made from a mapping, so their number is bounded.
    static func parsed(_ sql: String, _ names: TableNames) -> MySQLStatement {
        let key = Key(sql: sql, names: names)
        if let statement = self.known.withLock({ $0[key] }) { return statement }
        let statement = MySQLStatement(parsing: sql, names)
        self.known.withLock { $0[key] = statement }
        return statement
    }

    private init(parsing text: String, _ names: TableNames) {
        var output = ""
        var parameters: [String] = []
        let spelling = MySQLSpelling(text)
        for part in StatementText.parsed(spelling.sql, names).parts {
            switch part {
            case .text(let text): output += text
            case .parameter(let name):
                output += "?"
                parameters.append(name)
            }
        }
        self.sql = output
        self.parameters = parameters
        self.onKey = spelling.onKey
        self.changesSettings = output.hasPrefix("SET ")
    }

    /// Whether it needs the database's clock: a call may have its own time.
    func needsClock(_ arguments: SQLArguments) -> Bool { arguments["now"] == nil && self.parameters.contains("now") }

    /// The values in the order of the placeholders.
    ///
    /// - Throws: `nulByte` for a text that PostgreSQL could not store either.
    func values(_ arguments: SQLArguments, now: Int?) throws(MySQLError) -> [SQLValue] {
        var values: [SQLValue] = []
        for name in self.parameters {
            guard let value = arguments[name] ?? (name == "now" ? SQLValue(now) : nil) else {
                preconditionFailure("no value for :\(name)")
            }
            if case .text(let text) = value, text.utf8.contains(0) { throw .nulByte }
            values.append(value)
        }
        return values
    }
}
