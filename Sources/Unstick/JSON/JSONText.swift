import Foundation

/// Stored JSON text, encoded as the JSON it is and not as a text.
struct JSONText: Encodable {
    let text: String

    func encode(to encoder: any Encoder) throws {
        // What cannot be read is still shown, as text.
        let value = (try? JSONDecoder().decode(JSONValue.self, from: Data(self.text.utf8))) ?? .text(self.text)
        try value.encode(to: encoder)
    }

    /// An object of texts as JSON; what is `nil` is left out.
    static func object(_ fields: [String: String?]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text always encodes.
        return (try? encoder.encode(fields.compactMapValues { $0 })).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
