import Hummingbird
import Unstick
import UnstickServer

/// The parameters of a view: empty ones are absent, unknown ones are ignored, invalid ones are reported.
struct ViewQuery {
    private let values: [String: String]

    /// - Throws: a problem where they cannot be read: a dropped filter would show more than requested.
    init(_ request: PageRequest) throws {
        // In the encoding of a form: a plus sign is a space.
        let query = request.call.request.uri.query ?? ""
        guard let values = try? URLEncodedFormDecoder().decode([String: String].self, from: query) else {
            throw Problem.badRequest("The URL cannot be read: a parameter appears twice or is not encoded.")
        }
        guard values.values.allSatisfy({ $0.utf8.count <= Self.longest }) else {
            throw Problem.badRequest("A parameter in the URL has more than \(Self.longest) bytes.")
        }
        for (name, value) in values { try Problem.check(value, name.cut(toBytes: 50), most: Self.longest) }
        self.values = values
    }

    /// The longest value, in bytes.
    private static let longest = 1000

    func text(_ name: String) -> String? {
        guard let text = self.values[name]?.trimmingWhitespace else { return nil }
        return text.isEmpty ? nil : text
    }

    func flag(_ name: String) -> Bool { self.text(name) == "true" }

    func duration(_ name: String, _ label: String) throws -> Duration? {
        guard let text = self.text(name) else { return nil }
        do {
            return try Duration(text: text, of: label)
        } catch {
            throw Problem.badRequest(error.message, parameter: name)
        }
    }

    func integer(_ name: String, _ label: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = self.text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Problem.badRequest(
                "\(label) must be a whole number from \(range.lowerBound) to \(range.upperBound.grouped)."
            )
        }
        return value
    }

    func word<Word: RawRepresentable<String>>(_ name: String, as type: Word.Type = Word.self) throws -> Word? {
        guard let text = self.text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw Problem.badRequest("There is no \(name) '\(text.cut(toBytes: 50))'.")
        }
        return word
    }
}
