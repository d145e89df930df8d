import Foundation
import Synchronization

/// Stored JSON text, encoded as JSON and not as a string.
package struct JSONText: Encodable {
    private let text: String

    /// Takes stored JSON.
    package init(_ text: String) { self.text = text }

    /// Encodes the JSON; as a string if it cannot be read or is nested too deeply.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        guard let value = try? StrictJSON.value(Array(self.text.utf8)) else { return try container.encode(self.text) }
        if let ready = encoder.userInfo[JSONOutput.key] as? JSONOutput.Ready {
            try container.encode(ready.keep(self.compact))
        } else {
            try container.encode(value)
        }
    }

    /// The text without white space between its parts, so that it fits in one line.
    private var compact: [UInt8] {
        var isInText = false
        var isEscaped = false
        return self.text.utf8.filter { byte in
            if isInText {
                if byte == UInt8(ascii: "\""), !isEscaped { isInText = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                return true
            }
            isInText = byte == UInt8(ascii: "\"")
            return ![0x20, 0x09, 0x0a, 0x0d].contains(byte)
        }
    }

    /// What is wrong with a text that should be JSON; `nil` if it is valid.
    package static func fault(of text: String) -> InvalidJSON? {
        do {
            _ = try StrictJSON.value(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    /// Whether two texts are the same JSON: the order of names and white space do not count, the digits of numbers do.
    package static func areSame(_ one: String?, _ other: String?) -> Bool {
        guard !one.isExactly(other) else { return true }
        guard let one, let other else { return false }
        guard let value = try? StrictJSON.value(Array(one.utf8)) else { return false }
        return value == (try? StrictJSON.value(Array(other.utf8)))
    }

    /// A JSON object of texts; `nil` values are left out.
    static func object(_ fields: [String: String?]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text always encodes.
        return (try? encoder.encode(fields.compactMapValues { $0 })).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// Writes JSON for clients: keys in order, and stored JSON as JSON.
package enum JSONOutput {
    static let key = CodingUserInfoKey(rawValue: "unstick.ready-json").unsafelyUnwrapped

    /// The stored JSON texts of one answer; an unpredictable mark holds the place of each until all is written.
    final class Ready: Sendable {
        let mark = "json:\(RandomID.uuid()):"
        private let pieces = Mutex<[[UInt8]]>([])

        var all: [[UInt8]] { self.pieces.withLock { $0 } }

        func keep(_ piece: [UInt8]) -> String {
            self.pieces.withLock { pieces in
                pieces.append(piece)
                return "\(self.mark)\(pieces.count - 1)"
            }
        }
    }

    /// The JSON of a value.
    package static func bytes(of value: some Encodable, isPretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        let ready = Ready()
        encoder.userInfo[self.key] = ready
        return self.filled(try encoder.encode(value), ready)
    }

    /// The JSON of a value as a text.
    package static func text(of value: some Encodable, isPretty: Bool = false) throws -> String {
        String(decoding: try self.bytes(of: value, isPretty: isPretty), as: UTF8.self)
    }

    private static func filled(_ json: Data, _ ready: Ready) -> [UInt8] {
        let pieces = ready.all
        guard !pieces.isEmpty else { return Array(json) }
        let mark = Data("\"\(ready.mark)".utf8)
        var output: [UInt8] = []
        output.reserveCapacity(json.count + pieces.reduce(0) { $0 + $1.count })
        var place = json.startIndex
        while let found = json.range(of: mark, in: place..<json.endIndex) {
            output += json[place..<found.lowerBound]
            let end = json[found.upperBound...].firstIndex(of: UInt8(ascii: "\"")) ?? json.endIndex
            let number = Int(String(decoding: json[found.upperBound..<end], as: UTF8.self)) ?? 0
            output += pieces[number]
            place = json.index(after: end)
        }
        output += json[place...]
        return output
    }
}
