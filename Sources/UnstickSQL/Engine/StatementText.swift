import Synchronization

/// The parts of a statement's text: literal text, and the names of its parameters.
package struct StatementText: Sendable {
    package enum Part: Sendable, Hashable {
        case text(String)
        /// A parameter, written `:name`.
        case parameter(String)

        fileprivate var text: String {
            switch self {
            case .text(let text): text
            case .parameter(let name): ":" + name
            }
        }
    }

    package let parts: [Part]
    /// The names of the parameters, each once, in order of first use.
    package let names: [String]

    /// The whole text with its parameters as they were written, and the table names of a database.
    package let text: String

    private static let known = Mutex<[Key: StatementText]>([:])

    private struct Key: Hashable {
        let sql: String
        let names: TableNames
    }

    /// The texts are constants of this package or made from a mapping, so their number is bounded.
    package static func parsed(_ sql: String, _ names: TableNames) -> StatementText {
        let key = Key(sql: sql, names: names)
        if let text = self.known.withLock({ $0[key] }) { return text }
        let text = StatementText(parsing: sql, names)
        self.known.withLock { $0[key] = text }
        return text
    }

    /// Finds the parameters and the names of Unstick's tables; quoted text and `::` casts stay unchanged.
    private init(parsing text: String, _ names: TableNames) {
        var parts: [Part] = []
        var parameters: [String] = []
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        var quote: UInt8?
        while index < bytes.count {
            let byte = bytes[index]
            if quote == nil, Self.isTable(bytes, at: index) {
                output += Array(names.prefix.utf8)
                index += TableNames.marker.count
                continue
            }
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
                    parts += [.text(String(decoding: output, as: UTF8.self)), .parameter(name)]
                    output = []
                    if !parameters.contains(name) { parameters.append(name) }
                    continue
                }
            }
            output.append(byte)
        }
        parts.append(.text(String(decoding: output, as: UTF8.self)))
        (self.parts, self.names) = (parts, parameters)
        self.text = parts.map(\.text).joined()
    }

    private static func isTable(_ bytes: [UInt8], at index: Int) -> Bool {
        bytes[index...].starts(with: TableNames.marker)
            && (index == 0 || !Self.isNameByte(bytes[index - 1]) && bytes[index - 1] != UInt8(ascii: "."))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
