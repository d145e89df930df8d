import Synchronization
import UnstickSQL

extension SQLCall {
    var statement: PostgresStatement { .parsed(self.sql, bindsNow: self.arguments["now"] != nil) }

    /// The values in the order of `$1`, `$2`, ….
    func values() throws -> [String?] {
        try self.statement.parameters.map { name in
            guard let value = self.arguments[name] else { preconditionFailure("no value for :\(name)") }
            let text = value.postgresText
            guard text?.utf8.contains(0) != true else { throw PostgresError.nulByte }
            return text
        }
    }
}

/// A statement for PostgreSQL: numbered parameters, and a name under which connections prepare it.
struct PostgresStatement: Sendable {
    let sql: String
    let parameters: [String]
    /// Derived from the text, so that any client that prepared this name, also behind a pooler, prepared the same
    /// statement.
    let name: String

    /// The database's clock, in milliseconds since 1970.
    private static let clock = "CAST(floor(extract(epoch FROM now()) * 1000) AS bigint)"

    private static let known = Mutex<[Key: PostgresStatement]>([:])

    /// The texts are constants of this package or made from a mapping, so their number is bounded.
    static func parsed(_ sql: String, bindsNow: Bool) -> PostgresStatement {
        let key = Key(sql: sql, bindsNow: bindsNow)
        if let statement = self.known.withLock({ $0[key] }) { return statement }
        let statement = PostgresStatement(parsing: sql, bindsNow: bindsNow)
        self.known.withLock { $0[key] = statement }
        return statement
    }

    private struct Key: Hashable {
        let sql: String
        let bindsNow: Bool
    }

    /// Numbers the parameters.
    private init(parsing text: String, bindsNow: Bool) {
        var output = ""
        var parameters: [String] = []
        for part in StatementText.parsed(text, .inSchema).parts {
            switch part {
            case .text(let text): output += text
            case .parameter("now") where !bindsNow: output += Self.clock
            case .parameter(let name):
                let number = parameters.firstIndex(of: name) ?? parameters.count
                if number == parameters.count { parameters.append(name) }
                output += "$\(number + 1)"
            }
        }
        self.sql = output
        self.parameters = parameters
        self.name = "unstick_" + Self.digest(Array(output.utf8))
    }

    /// FNV-1a in 128 bits: the same text has the same name in every process.
    static func digest(_ bytes: [UInt8]) -> String {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in bytes {
            hash ^= UInt128(byte)
            hash &*= 0x0000_0000_0100_0000_0000_0000_0000_013b
        }
        return String(hash, radix: 16)
    }
}
