/// Reads JSON from untrusted sources: bodies, payloads, signed tokens, key sets.
///
/// Foundation's decoder accepts duplicate members and picks one, so that two readers may see different values. It also
/// accepts trailing commas and UTF-16, and its time grows with the square of the depth. This reader refuses those, and
/// its time grows with the length.
package struct StrictJSON {
    /// How deep arrays and objects may be nested.
    package static let deepest = 64

    /// An object, and the source text of some of its members.
    package struct Document {
        /// The members of the object.
        package var members: [ExactText: JSONValue] = [:]
        /// The kept members, as they were written.
        package var sources: [ExactText: String] = [:]

        package init() {}
    }

    /// The place of the reader, for the pointer of an error.
    private enum Step {
        case name(String)
        case index(Int)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var path: [Step] = []
    /// Whether a number of the member being read has an exponent.
    private var hasExponent = false

    /// The members of the top object whose numbers must be written without an exponent.
    private var plainNumbers: Set<String> = []
    /// The members of the top object whose source text is kept.
    private var kept: Set<String> = []
    private var sources: [ExactText: String] = [:]

    private init(_ bytes: [UInt8]) throws(InvalidJSON) {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            throw InvalidJSON("It begins with a byte order mark. Send UTF-8 without one.")
        }
        if bytes.starts(with: [0xfe, 0xff]) || bytes.starts(with: [0xff, 0xfe]) || bytes.prefix(2).contains(0) {
            throw InvalidJSON("It is UTF-16 or UTF-32. Send UTF-8.")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw InvalidJSON("It is not UTF-8.") }
        self.bytes = bytes
    }

    /// Reads one object.
    ///
    /// A text in it that cannot be stored becomes a bad text, which matches no text.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - plainNumbers: members whose numbers must be written without an exponent.
    package static func object(
        _ bytes: [UInt8],
        plainNumbers: Set<String> = []
    ) throws(InvalidJSON) -> [ExactText: JSONValue] {
        var reader = try StrictJSON(bytes)
        reader.plainNumbers = plainNumbers
        return try Self.members(of: reader.whole())
    }

    /// Reads one object, and leaves texts that cannot be stored to the code that reads their fields.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - kept: members whose source text the caller needs.
    package static func document(_ bytes: [UInt8], keeping kept: Set<String> = []) throws(InvalidJSON) -> Document {
        var reader = try StrictJSON(bytes)
        reader.kept = kept
        var document = Document()
        document.members = try Self.members(of: reader.whole())
        document.sources = reader.sources
        return document
    }

    /// Reads any JSON in which all texts can be stored.
    package static func value(_ bytes: [UInt8]) throws(InvalidJSON) -> JSONValue {
        var reader = try StrictJSON(bytes)
        let value = try reader.whole()
        if let fault = value.badText(at: "") { throw fault }
        return value
    }

    private static func members(of value: JSONValue) throws(InvalidJSON) -> [ExactText: JSONValue] {
        guard case .object(let members) = value else { throw InvalidJSON.notAnObject }
        return members
    }

    private mutating func whole() throws(InvalidJSON) -> JSONValue {
        self.skipSpace()
        let value = try self.value()
        self.skipSpace()
        guard self.next == nil else { throw self.wrong("There is text after the end of the value") }
        return value
    }

    /// An error at the place of the reader.
    private func wrong(_ reason: String) -> InvalidJSON {
        InvalidJSON("\(reason), at byte \(self.position + 1).", at: self.pointer)
    }

    private var pointer: String {
        self.path.map { step in
            switch step {
            case .name(let name): "/" + name.asPointerStep
            case .index(let index): "/\(index)"
            }
        }
        .joined()
    }
}

// MARK: - Values

extension StrictJSON {
    private var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let next = self.next, next == 0x20 || next == 0x09 || next == 0x0a || next == 0x0d { self.position += 1 }
    }

    /// Skips a character if it comes next.
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard self.next == UInt8(ascii: character) else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(InvalidJSON) {
        guard self.skip(character) else { throw self.wrong("A '\(character)' is expected") }
    }

    private mutating func value() throws(InvalidJSON) -> JSONValue {
        switch self.next {
        case UInt8(ascii: "{"): try self.members()
        case UInt8(ascii: "["): try self.elements()
        case UInt8(ascii: "\""): try self.text()
        case UInt8(ascii: "t"): try self.word("true", .flag(true))
        case UInt8(ascii: "f"): try self.word("false", .flag(false))
        case UInt8(ascii: "n"): try self.word("null", .null)
        default: try self.number()
        }
    }

    /// Enters an array or an object.
    private mutating func enter() throws(InvalidJSON) {
        guard self.path.count < Self.deepest else {
            throw InvalidJSON("It is nested deeper than \(Self.deepest) levels.", at: self.pointer)
        }
        self.position += 1
        self.skipSpace()
    }

    private mutating func members() throws(InvalidJSON) -> JSONValue {
        try self.enter()
        var members: [ExactText: JSONValue] = [:]
        if self.skip("}") { return .object(members) }
        repeat {
            self.skipSpace()
            let name = try self.name()
            self.skipSpace()
            try self.expect(":")
            self.skipSpace()
            self.path.append(.name(name))
            guard members[name.exact] == nil else {
                throw InvalidJSON("The name '\(name.cut(toBytes: 60))' is repeated.", at: self.pointer)
            }
            members[name.exact] = try self.member(name)
            self.path.removeLast()
            self.skipSpace()
        } while self.skip(",")
        try self.expect("}")
        return .object(members)
    }

    private mutating func name() throws(InvalidJSON) -> String {
        guard case .text(let name) = try self.text() else {
            throw self.wrong("A name contains a NUL or half of a surrogate pair")
        }
        return name
    }

    private mutating func member(_ name: String) throws(InvalidJSON) -> JSONValue {
        guard self.path.count == 1 else { return try self.value() }
        self.hasExponent = false
        let start = self.position
        let value = try self.value()
        if self.hasExponent, self.plainNumbers.contains(name) { throw self.wrong("A number has an exponent") }
        if self.kept.contains(name) {
            self.sources[name.exact] = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        }
        return value
    }

    private mutating func elements() throws(InvalidJSON) -> JSONValue {
        try self.enter()
        var elements: [JSONValue] = []
        if self.skip("]") { return .list(elements) }
        repeat {
            self.skipSpace()
            self.path.append(.index(elements.count))
            elements.append(try self.value())
            self.path.removeLast()
            self.skipSpace()
        } while self.skip(",")
        try self.expect("]")
        return .list(elements)
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(InvalidJSON) -> JSONValue {
        let isWord = word.withUTF8Buffer { self.bytes[self.position...].starts(with: $0) }
        guard isWord else { throw self.wrong("'\(word)' is expected") }
        self.position += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(InvalidJSON) -> JSONValue {
        let start = self.position
        _ = self.skip("-")
        if !self.skip("0") { try self.digits() }
        var isWhole = true
        if self.skip(".") {
            isWhole = false
            try self.digits()
        }
        if self.skip("e") || self.skip("E") {
            isWhole = false
            self.hasExponent = true
            if !self.skip("+") { _ = self.skip("-") }
            try self.digits()
        }
        let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw self.wrong("A number is too large") }
        return .number(text)
    }

    private mutating func digits() throws(InvalidJSON) {
        let start = self.position
        while let next = self.next, 0x30...0x39 ~= next { self.position += 1 }
        guard self.position > start else { throw self.wrong("A value is expected") }
    }
}

// MARK: - Texts

extension StrictJSON {
    private mutating func text() throws(InvalidJSON) -> JSONValue {
        try self.expect("\"")
        var text: [UInt8] = []
        var fault: JSONValue.BadText?
        while let next = self.next {
            switch next {
            case UInt8(ascii: "\""):
                self.position += 1
                return fault.map { .badText($0) } ?? .text(String(decoding: text, as: UTF8.self))
            case UInt8(ascii: "\\"):
                self.position += 1
                let scalar = try self.escape()
                if scalar?.value == 0 { fault = .nul }
                if let scalar {
                    text.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
                } else {
                    fault = .surrogate
                }
            case 0..<0x20: throw self.wrong("A control character in a text is not escaped")
            default:
                let start = self.position
                while let next = self.next, next >= 0x20, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") {
                    self.position += 1
                }
                text.append(contentsOf: self.bytes[start..<self.position])
            }
        }
        throw self.wrong("A text has no end")
    }

    /// Reads the rest of an escape sequence.
    ///
    /// - Returns: `nil` for half of a surrogate pair.
    private mutating func escape() throws(InvalidJSON) -> Unicode.Scalar? {
        guard let next = self.next else { throw self.wrong("A text has no end") }
        self.position += 1
        switch next {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try self.escapedScalar()
        default: throw self.wrong("The escape is unknown")
        }
    }

    private mutating func escapedScalar() throws(InvalidJSON) -> Unicode.Scalar? {
        let first = try self.codeUnit()
        guard 0xd800...0xdbff ~= first else { return Unicode.Scalar(first) }
        guard self.bytes[self.position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return nil }
        let start = self.position
        self.position += 2
        let second = try self.codeUnit()
        guard 0xdc00...0xdfff ~= second else {
            // The second escape is a character of its own.
            self.position = start
            return nil
        }
        return Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    private mutating func codeUnit() throws(InvalidJSON) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let next = self.next, let digit = Character(Unicode.Scalar(next)).hexDigitValue else {
                throw self.wrong("Four hexadecimal digits are expected after \\u")
            }
            unit = unit << 4 | UInt32(digit)
            self.position += 1
        }
        return unit
    }
}

/// The error for a text that is no JSON, or JSON that this reader refuses.
package struct InvalidJSON: Error, Hashable {
    /// The place, as a JSON pointer.
    package var pointer: String
    /// What is wrong.
    package var reason: String

    /// The error for a body that is not one object.
    package static let notAnObject = InvalidJSON("It must be one JSON object.")

    init(_ reason: String, at pointer: String = "") {
        self.pointer = pointer
        self.reason = reason
    }
}
