import Synchronization
package import UnstickSQL

/// A statement with its values, ready to be sent.
package struct PostgresCall: Sendable {
    let statement: PostgresStatement
    let arguments: SQLArguments

    /// - Parameters:
    ///   - sql: the statement, its parameters named `:name`.
    ///   - arguments: their values; those that the statement does not name are left out.
    ///     `:now` is the database's clock where no value is given.
    package init(_ sql: String, _ arguments: SQLArguments = [:]) {
        self.statement = PostgresStatement.parsed(sql, bindsNow: arguments["now"] != nil)
        self.arguments = arguments
    }

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

/// A statement as PostgreSQL takes it: parameters numbered, and a name under which connections prepare it.
struct PostgresStatement: Sendable {
    let sql: String
    let parameters: [String]
    /// Derived from the text, so that whoever prepared it before, behind a pooler too, prepared the same statement.
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

    /// Numbers the parameters; what is quoted, and `::` casts, stay as they are.
    private init(parsing text: String, bindsNow: Bool) {
        var output: [UInt8] = []
        var parameters: [String] = []
        let bytes = Array(text.utf8)
        var index = 0
        var quote: UInt8?
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: ":") {
                if index < bytes.count, bytes[index] == byte {
                    output += [byte, byte]
                    index += 1
                    continue
                }
                let start = index
                while index < bytes.count, Self.isNameByte(bytes[index]) { index += 1 }
                if index > start {
                    let name = String(decoding: bytes[start..<index], as: UTF8.self)
                    if name == "now", !bindsNow {
                        output += Array(Self.clock.utf8)
                        continue
                    }
                    let number = parameters.firstIndex(of: name) ?? parameters.count
                    if number == parameters.count { parameters.append(name) }
                    output += Array("$\(number + 1)".utf8)
                    continue
                }
            }
            output.append(byte)
        }
        self.sql = String(decoding: output, as: UTF8.self)
        self.parameters = parameters
        self.name = "unstick_" + Self.digest(output)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
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
