import Unstick

/// Reads JSON that somebody sent who is not trusted yet.
///
/// Foundation's decoder takes the one or the other of two members of the same name, so that two readers of a token may
/// see different claims. Here that is refused, as is what is nested deeper than ``deepest``.
struct StrictJSON {
    /// How deep arrays and objects may be nested.
    static let deepest = 64

    private let bytes: [UInt8]
    /// The members of the whole object whose numbers are to be written without an exponent.
    private let plainNumbers: Set<String>
    private var position = 0
    private var depth = 0
    /// Whether a number of the member being read has an exponent.
    private var hasExponent = false

    private init(_ bytes: [UInt8], plainNumbers: Set<String>) {
        self.bytes = bytes
        self.plainNumbers = plainNumbers
    }

    /// Reads a text that is one object.
    static func object(
        _ bytes: [UInt8],
        plainNumbers: Set<String> = []
    ) throws(InvalidJSON) -> [String: JSONValue] {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw InvalidJSON() }
        var reader = StrictJSON(bytes, plainNumbers: plainNumbers)
        reader.skipSpace()
        guard case .object(let members) = try reader.value() else { throw InvalidJSON() }
        reader.skipSpace()
        guard reader.next == nil else { throw InvalidJSON() }
        return members
    }

    private var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let next = self.next, next == 0x20 || next == 0x09 || next == 0x0a || next == 0x0d { self.position += 1 }
    }

    /// Goes past a character if it comes next.
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard self.next == UInt8(ascii: character) else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(InvalidJSON) {
        guard self.skip(character) else { throw InvalidJSON() }
    }

    private mutating func value() throws(InvalidJSON) -> JSONValue {
        switch self.next {
        case UInt8(ascii: "{"): try self.nested { reader throws(InvalidJSON) in .object(try reader.members()) }
        case UInt8(ascii: "["): try self.nested { reader throws(InvalidJSON) in .list(try reader.elements()) }
        case UInt8(ascii: "\""): .text(try self.text())
        case UInt8(ascii: "t"): try self.word("true", .flag(true))
        case UInt8(ascii: "f"): try self.word("false", .flag(false))
        case UInt8(ascii: "n"): try self.word("null", .null)
        default: try self.number()
        }
    }

    private mutating func nested(
        _ read: (inout StrictJSON) throws(InvalidJSON) -> JSONValue
    ) throws(InvalidJSON) -> JSONValue {
        guard self.depth < Self.deepest else { throw InvalidJSON() }
        self.depth += 1
        self.position += 1
        self.skipSpace()
        let value = try read(&self)
        self.depth -= 1
        return value
    }

    private mutating func members() throws(InvalidJSON) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        if self.skip("}") { return members }
        repeat {
            self.skipSpace()
            let name = try self.text()
            self.skipSpace()
            try self.expect(":")
            self.skipSpace()
            self.hasExponent = false
            guard members.updateValue(try self.value(), forKey: name) == nil else { throw InvalidJSON() }
            if self.depth == 1, self.hasExponent, self.plainNumbers.contains(name) { throw InvalidJSON() }
            self.skipSpace()
        } while self.skip(",")
        try self.expect("}")
        return members
    }

    private mutating func elements() throws(InvalidJSON) -> [JSONValue] {
        var elements: [JSONValue] = []
        if self.skip("]") { return elements }
        repeat {
            self.skipSpace()
            elements.append(try self.value())
            self.skipSpace()
        } while self.skip(",")
        try self.expect("]")
        return elements
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(InvalidJSON) -> JSONValue {
        let end = self.position + word.utf8CodeUnitCount
        let isWord = word.withUTF8Buffer { self.bytes[self.position...].starts(with: $0) }
        guard isWord else { throw InvalidJSON() }
        self.position = end
        return value
    }
}

extension StrictJSON {
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
        guard let number = Double(text), number.isFinite else { throw InvalidJSON() }
        return .number(number)
    }

    private mutating func digits() throws(InvalidJSON) {
        let start = self.position
        while let next = self.next, 0x30...0x39 ~= next { self.position += 1 }
        guard self.position > start else { throw InvalidJSON() }
    }

    private mutating func text() throws(InvalidJSON) -> String {
        try self.expect("\"")
        var text: [UInt8] = []
        while let next = self.next {
            self.position += 1
            switch next {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try self.escape()).utf8)
            case 0..<0x20: throw InvalidJSON()
            default: text.append(next)
            }
        }
        throw InvalidJSON()
    }

    private mutating func escape() throws(InvalidJSON) -> Character {
        guard let next = self.next else { throw InvalidJSON() }
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
        case UInt8(ascii: "u"): return Character(try self.escapedScalar())
        default: throw InvalidJSON()
        }
    }

    /// Reads what follows `\u`; half of a surrogate pair is no character.
    private mutating func escapedScalar() throws(InvalidJSON) -> Unicode.Scalar {
        let first = try self.codeUnit()
        guard 0xd800...0xdbff ~= first else {
            guard let scalar = Unicode.Scalar(first) else { throw InvalidJSON() }
            return scalar
        }
        try self.expect("\\")
        try self.expect("u")
        let second = try self.codeUnit()
        guard 0xdc00...0xdfff ~= second,
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
        else { throw InvalidJSON() }
        return scalar
    }

    private mutating func codeUnit() throws(InvalidJSON) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let next = self.next, let digit = Character(Unicode.Scalar(next)).hexDigitValue else {
                throw InvalidJSON()
            }
            unit = unit << 4 | UInt32(digit)
            self.position += 1
        }
        return unit
    }
}
