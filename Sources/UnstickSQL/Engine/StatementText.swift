import Synchronization

/// The parts of a statement's text: what stands as it is, and the names of its parameters.
package struct StatementText: Sendable {
    package enum Part: Sendable, Hashable {
        case text(String)
        /// A parameter, written `:name`.
        case parameter(String)
    }

    package let parts: [Part]
    /// The names of the parameters, each once, in the order of their first place.
    package let names: [String]

    private static let known = Mutex<[String: StatementText]>([:])

    /// The texts are constants of this package or made from a mapping, so their number is bounded.
    package static func parsed(_ sql: String) -> StatementText {
        if let text = self.known.withLock({ $0[sql] }) { return text }
        let text = StatementText(parsing: sql)
        self.known.withLock { $0[sql] = text }
        return text
    }

    /// Finds the parameters; what is quoted, and `::` casts, stay as they are.
    private init(parsing text: String) {
        var parts: [Part] = []
        var names: [String] = []
        var output: [UInt8] = []
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
                    parts += [.text(String(decoding: output, as: UTF8.self)), .parameter(name)]
                    output = []
                    if !names.contains(name) { names.append(name) }
                    continue
                }
            }
            output.append(byte)
        }
        parts.append(.text(String(decoding: output, as: UTF8.self)))
        (self.parts, self.names) = (parts, names)
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
