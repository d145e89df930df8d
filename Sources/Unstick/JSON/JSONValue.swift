/// Any JSON.
package enum JSONValue: Hashable, Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    /// A number that does not fit `Int`, as it was written.
    case number(String)
    case text(String)
    /// A text that not every database can store.
    case badText(BadText)
    case list([JSONValue])
    /// Names are compared by their bytes.
    case object([ExactText: JSONValue])

    /// What is wrong with a text.
    package enum BadText: String, Hashable, Sendable {
        case nul = "It contains a NUL character (\\u0000). Remove it."
        case surrogate = "It contains half of a surrogate pair, which is not a character. Send both halves or none."
    }
}

extension JSONValue {
    /// Whether both are the same JSON; texts are compared by their bytes.
    package static func == (one: JSONValue, other: JSONValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.flag(let one), .flag(let other)): one == other
        case (.integer(let one), .integer(let other)): one == other
        case (.number(let one), .number(let other)): one == other
        case (.text(let one), .text(let other)): one.isExactly(other)
        case (.badText(let one), .badText(let other)): one == other
        case (.list(let one), .list(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        default: false
        }
    }

    /// The first text in it that cannot be stored, and its place.
    ///
    /// - Parameter pointer: the place of the value itself.
    package func badText(at pointer: String) -> InvalidJSON? {
        switch self {
        case .badText(let fault): InvalidJSON(fault.rawValue, at: pointer)
        case .list(let list):
            list.enumerated().lazy.compactMap { $1.badText(at: "\(pointer)/\($0)") }.first
        case .object(let members):
            members.lazy.compactMap { $1.badText(at: pointer + "/" + $0.text.asPointerStep) }.first
        default: nil
        }
    }
}

extension String {
    /// The longest name in a pointer, in bytes.
    private static let longestStep = 60

    /// The text as one step of a JSON pointer, shortened where it is very long.
    ///
    /// [RFC 6901, section 3](https://www.rfc-editor.org/rfc/rfc6901#section-3)
    package var asPointerStep: String {
        self.cut(toBytes: Self.longestStep).replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

extension JSONValue: Encodable {
    /// Encodes the value for encoders that accept no ready JSON; the encoder limits the precision of numbers.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null, .badText: try container.encodeNil()
        case .flag(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(Double(number))
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let members):
            try container.encode(Dictionary(members.map { ($0.text, $1) }) { first, _ in first })
        }
    }
}
