import Foundation

/// Stored JSON text, encoded as the JSON it is and not as a text.
struct JSONText: Encodable {
    let text: String

    func encode(to encoder: any Encoder) throws {
        // What cannot be read is still shown, as text.
        let value = (try? JSONDecoder().decode(Value.self, from: Data(self.text.utf8))) ?? .text(self.text)
        try value.encode(to: encoder)
    }

    /// An object of texts as JSON; what is `nil` is left out.
    static func object(_ fields: [String: String?]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text always encodes.
        return (try? encoder.encode(fields.compactMapValues { $0 })).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private enum Value: Codable {
        case null
        case flag(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let integer = try? container.decode(Int.self) {
                self = .integer(integer)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .null: try container.encodeNil()
            case .flag(let flag): try container.encode(flag)
            case .integer(let integer): try container.encode(integer)
            case .number(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            case .list(let list): try container.encode(list)
            case .object(let object): try container.encode(object)
            }
        }
    }
}
