import Foundation
import Hummingbird
import Unstick

/// The JSON object of a request, read strictly: what is not known, or not what it should be, is refused with its place.
struct JSONBody {
    private let fields: [String: JSONValue]
    private let pointer: String

    /// Reads the body of a call; none at all is an empty object.
    init(of call: Call, allowing names: Set<String>) async throws {
        let body = try await call.body(upTo: UnstickAPI.largestBody)
        let bytes = Data(body.readableBytesView)
        guard bytes.contains(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else {
            try self.init(.object([:]), at: "", allowing: names)
            return
        }
        let type = call.request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type?.trimmingCharacters(in: .whitespaces) == "application/json" else {
            throw Problem(
                status: .unsupportedMediaType,
                code: "unsupported_media_type",
                detail: "Send the body as 'Content-Type: application/json'."
            )
        }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: bytes) else {
            throw Problem.badRequest("The body must be one JSON object.", pointer: "")
        }
        try self.init(value, at: "", allowing: names)
    }

    private init(_ value: JSONValue, at pointer: String, allowing names: Set<String>) throws {
        guard case .object(let fields) = value else {
            throw Problem.badRequest(
                pointer.isEmpty ? "The body must be one JSON object." : "It must be an object.",
                pointer: pointer
            )
        }
        if let unknown = fields.keys.sorted().first(where: { !names.contains($0) }) {
            throw Problem.badRequest(
                "There is no such field; there is \(names.sorted().joined(separator: ", ")).",
                pointer: pointer + "/" + unknown.prefix(50).replacing("~", with: "~0").replacing("/", with: "~1")
            )
        }
        self.fields = fields
        self.pointer = pointer
    }

    /// Any JSON; `nil` where it is absent or null.
    func value(_ name: String) -> JSONValue? {
        self.fields[name].flatMap { $0 == .null ? nil : $0 }
    }

    /// What decides how a call goes is never null: a mangled flag must not become its default.
    private func decisive(_ name: String) -> JSONValue? { self.fields[name] }

    private func wrong(_ name: String, _ detail: String) -> Problem {
        Problem.badRequest(detail, pointer: "\(self.pointer)/\(name)")
    }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw self.wrong(name, "It is missing.") }
        return value
    }

    func text(_ name: String) throws -> String? {
        guard let value = self.value(name) else { return nil }
        guard case .text(let text) = value else { throw self.wrong(name, "It must be a text.") }
        return text
    }

    func text(required name: String) throws -> String { try self.required(name, self.text(name)) }

    /// An id, a kind or the like: 1 to 200 bytes without control characters.
    func name(_ name: String) throws -> String? {
        try self.text(name).map { text in
            do {
                try Limits.checkID(text, name)
            } catch let error as UnstickError {
                throw self.wrong(name, error.message)
            }
            return text
        }
    }

    func name(required name: String) throws -> String { try self.required(name, self.name(name)) }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = self.decisive(name) else { return nil }
        guard case .integer(let integer) = value, range.contains(integer) else {
            throw self.wrong(name, "It must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return integer
    }

    func integer(required name: String, in range: ClosedRange<Int>) throws -> Int {
        try self.required(name, self.integer(name, in: range))
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        switch self.value(name) {
        case nil: return nil
        case .integer(let integer) where range.contains(Double(integer)): return Double(integer)
        case .number(let number) where range.contains(number): return number
        default: throw self.wrong(name, "It must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
    }

    func flag(_ name: String) throws -> Bool? {
        guard let value = self.decisive(name) else { return nil }
        guard case .flag(let flag) = value else { throw self.wrong(name, "It must be true or false.") }
        return flag
    }

    func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String, as type: Word.Type) throws -> Word? {
        guard let text = try self.text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw self.wrong(name, "It must be one of \(known).")
        }
        return word
    }

    func texts(required name: String, most: Int) throws -> [String] {
        try self.list(required: name, most: most).map { value in
            guard case .text(let text) = value else { throw self.wrong(name, "It must be a list of texts.") }
            return text
        }
    }

    func objects(required name: String, most: Int, allowing names: Set<String>) throws -> [JSONBody] {
        try self.list(required: name, most: most).enumerated().map { index, value in
            try JSONBody(value, at: "\(self.pointer)/\(name)/\(index)", allowing: names)
        }
    }

    private func list(required name: String, most: Int) throws -> [JSONValue] {
        guard case .list(let list) = self.value(name), 1...most ~= list.count else {
            throw self.wrong(name, "It must be a list of 1 to \(most) entries.")
        }
        return list
    }
}
