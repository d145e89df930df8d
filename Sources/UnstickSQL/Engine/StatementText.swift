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

    /// Finds the parameters and the names of Unstick's tables; quotations, comments and `::` casts stay unchanged.
    private init(parsing text: String, _ names: TableNames) {
        var (parts, output): ([Part], [UInt8]) = ([], [])
        let bytes = Array(text.utf8)
        for segment in SQLSegment.all(in: bytes) {
            guard segment.kind == .words else {
                output += bytes[segment.range]
                continue
            }
            Self.parse(bytes, segment.range, names, into: &parts, &output)
        }
        parts.append(.text(String(decoding: output, as: UTF8.self)))
        self.parts = parts
        self.names = parts.reduce(into: []) { names, part in
            if case .parameter(let name) = part, !names.contains(name) { names.append(name) }
        }
        self.text = parts.map(\.text).joined()
    }

    /// - Parameters:
    ///   - parts: the parts that are complete.
    ///   - output: the text since the last one of them.
    private static func parse(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        _ names: TableNames,
        into parts: inout [Part],
        _ output: inout [UInt8]
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if Self.isTable(bytes, at: index) {
                output += Array(names.prefix.utf8)
                index += TableNames.marker.count
                continue
            }
            index += 1
            guard byte == UInt8(ascii: ":") else {
                output.append(byte)
                continue
            }
            if index < range.upperBound, bytes[index] == byte {
                output += [byte, byte]
                index += 1
                continue
            }
            let name = bytes[index..<range.upperBound].prefix { Self.isNameByte($0) }
            guard !name.isEmpty else {
                output.append(byte)
                continue
            }
            parts += [
                .text(String(decoding: output, as: UTF8.self)), .parameter(String(decoding: name, as: UTF8.self)),
            ]
            output = []
            index = name.endIndex
        }
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
