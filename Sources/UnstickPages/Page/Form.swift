import Hummingbird
import Unstick
import UnstickServer

/// The fields of a form, checked as they are read.
struct Form {
    /// The largest form, in bytes.
    static let largest = 64 * 1024

    private let fields: [String: String]

    /// Reads the form of a request, and refuses one from another site.
    init(of request: PageRequest) async throws {
        let type = request.call.request.headers[.contentType]?.split(separator: ";").first
        guard type == "application/x-www-form-urlencoded" else {
            throw Problem(
                status: .unsupportedMediaType,
                code: "unsupported_media_type",
                detail: "Send the fields as 'Content-Type: application/x-www-form-urlencoded'."
            )
        }
        let text = String(buffer: try await request.call.body(upTo: Self.largest))
        guard let fields = try? URLEncodedFormDecoder().decode([String: String].self, from: text) else {
            throw Problem.badRequest("The form cannot be read.")
        }
        for (name, value) in fields { try Problem.check(value, name.cut(toBytes: 50), most: Self.largest) }
        self.fields = fields
        guard let token = request.formToken else { return }
        let sent = SecretDigest.sha256(fields["_csrf"] ?? "")
        guard SecretDigest.equal(sent, SecretDigest.sha256(token)) else { throw FormOrigin.refusal }
    }

    /// A field; `nil` where it is absent or empty.
    func text(_ name: String) -> String? {
        self.fields[name].map { $0.trimmingWhitespace }.flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(required name: String, _ label: String) throws -> String {
        guard let text = self.text(name) else { throw Problem.badRequest("\(label) is missing.", parameter: name) }
        return text
    }

    func flag(_ name: String) -> Bool { self.fields[name] == "true" || self.fields[name] == "on" }

    func word<Word: RawRepresentable<String> & CaseIterable>(
        required name: String,
        as type: Word.Type = Word.self
    ) throws -> Word {
        guard let word = self.text(name).flatMap({ Word(rawValue: $0) }) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.badRequest("'\(name)' must be one of \(known).", parameter: name)
        }
        return word
    }

    func integer(_ name: String, _ label: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = self.text(name) else { return nil }
        guard let value = Int(text.replacing(",", with: "")), range.contains(value) else {
            throw Problem.badRequest(
                "\(label) must be a whole number from \(range.lowerBound.grouped) to \(range.upperBound.grouped).",
                parameter: name
            )
        }
        return value
    }

    func duration(_ name: String, _ label: String) throws -> Duration? {
        guard let text = self.text(name) else { return nil }
        do {
            return try Duration(text: text, of: label)
        } catch {
            throw Problem.badRequest(error.message, parameter: name)
        }
    }

    /// Refuses a form in which the confirmation is missing or wrong.
    func check(confirms word: String?) throws {
        guard let word, self.text("confirm") != word else { return }
        throw Problem.badRequest(
            "To continue, type '\(word)' exactly as shown. Nothing was changed.",
            parameter: "confirm"
        )
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingWhitespace: String {
        String(self.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
