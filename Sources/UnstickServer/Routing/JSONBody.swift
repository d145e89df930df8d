import Foundation
import Hummingbird
import Unstick

/// The JSON object of a request, read strictly: an unknown or invalid member is refused with its place.
struct JSONBody {
    private let fields: [ExactText: JSONValue]
    private let sources: [ExactText: String]
    private let pointer: String

    /// Reads the body of a call; no body is an empty object.
    init(of call: Call, allowing names: Set<String>) async throws {
        let body = try await call.body(upTo: UnstickAPI.largestBody)
        let bytes = Data(body.readableBytesView)
        guard bytes.contains(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else {
            try self.init(StrictJSON.Document(), at: "", allowing: names)
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
        let document: StrictJSON.Document
        do throws(InvalidJSON) {
            document = try StrictJSON.document(Array(bytes), keeping: ["payload"])
        } catch {
            throw Problem.badRequest(Self.reason(error), pointer: error.pointer)
        }
        try self.init(document, at: "", allowing: names)
    }

    private static func reason(_ error: InvalidJSON) -> String {
        guard error.pointer.isEmpty, error != .notAnObject else { return error.reason }
        return "The body must be one JSON object. \(error.reason)"
    }

    private init(_ document: StrictJSON.Document, at pointer: String, allowing names: Set<String>) throws {
        let unknown = document.members.keys.sorted().first { name in !names.contains(where: name.text.isExactly) }
        if let unknown {
            throw Problem.badRequest(
                "Unknown field; the fields are \(names.sorted().joined(separator: ", ")).",
                pointer: pointer + "/" + unknown.text.asPointerStep
            )
        }
        self.fields = document.members
        self.sources = document.sources
        self.pointer = pointer
    }

    /// Any JSON; `nil` where it is absent or null.
    func value(_ name: String) -> JSONValue? {
        self.fields[name.exact].flatMap { $0 == .null ? nil : $0 }
    }

    /// The payload as it was written, because its numbers and the order of its names matter to the caller.
    func source(_ name: String) throws -> String? {
        guard let value = self.value(name) else { return nil }
        if let fault = value.badText(at: "\(self.pointer)/\(name)") {
            throw Problem.badRequest(fault.reason, pointer: fault.pointer)
        }
        return self.sources[name.exact]
    }

    /// Whether it is present, also as null.
    func has(_ name: String) -> Bool { self.fields[name.exact] != nil }

    /// A field that decides what a call does is never null: a mangled flag must not become its default.
    private func decisive(_ name: String) -> JSONValue? { self.fields[name.exact] }

    private func wrong(_ name: String, _ detail: String) -> Problem {
        Problem.badRequest(detail, pointer: "\(self.pointer)/\(name)")
    }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw self.wrong(name, "It is missing.") }
        return value
    }

    func text(_ name: String) throws -> String? {
        guard let value = self.value(name) else { return nil }
        return try self.checked(name) { try Self.text(value) }
    }

    func text(required name: String) throws -> String { try self.required(name, self.text(name)) }

    private static func text(_ value: JSONValue) throws -> String {
        switch value {
        case .text(let text): return text
        case .badText(let fault): throw UnstickError(.invalidArgument, fault.rawValue)
        default: throw UnstickError(.invalidArgument, "It must be a text.")
        }
    }

    /// A text for people.
    func note(_ name: String, most: Int = Limits.noteBytes) throws -> String? {
        try self.text(name).map { text in
            try self.checked(name) { try Limits.checkText(text, name, most: most) }
            return text
        }
    }

    func note(required name: String) throws -> String { try self.required(name, self.note(name)) }

    /// Adds the place to an error.
    private func checked<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as UnstickError {
            throw self.wrong(name, error.message)
        }
    }

    /// An id, a kind or similar: 1 to 200 bytes without control characters.
    func name(_ name: String, _ check: (String, String) throws -> Void = Limits.checkID) throws -> String? {
        try self.text(name).map { text in
            try self.checked(name) { try check(text, name) }
            return text
        }
    }

    func name(
        required name: String,
        _ check: (String, String) throws -> Void = Limits.checkID
    ) throws -> String {
        try self.required(name, self.name(name, check))
    }

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
        case .number(let text):
            guard let number = Double(text), range.contains(number) else { fallthrough }
            return number
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
        try self.list(required: name, most: most).enumerated().map { index, value in
            try self.checked("\(name)/\(index)") { try Self.text(value) }
        }
    }

    func names(required name: String, most: Int) throws -> [String] {
        try self.texts(required: name, most: most).enumerated().map { index, text in
            try self.checked("\(name)/\(index)") { try Limits.checkID(text, name) }
            return text
        }
    }

    /// The entries of a batch, each read by itself: an error in one concerns only that one.
    func entries<Entry>(
        required name: String,
        most: Int,
        allowing names: Set<String>,
        _ read: (JSONBody) throws -> Entry
    ) throws -> [Result<Entry, UnreadEntry>] {
        try self.list(required: name, most: most).enumerated().map { index, value in
            let pointer = "\(self.pointer)/\(name)/\(index)"
            guard case .object(let members) = value else {
                return .failure(UnreadEntry(problem: .badRequest("It must be an object.", pointer: pointer)))
            }
            do {
                var document = StrictJSON.Document()
                document.members = members
                return .success(try read(JSONBody(document, at: pointer, allowing: names)))
            } catch let problem as Problem {
                guard case .text(let id) = members["id"] else { return .failure(UnreadEntry(problem: problem)) }
                return .failure(UnreadEntry(id: id, problem: problem))
            }
        }
    }

    private func list(required name: String, most: Int) throws -> [JSONValue] {
        guard case .list(let list) = self.value(name), 1...most ~= list.count else {
            throw self.wrong(name, "It must be a list of 1 to \(most) entries.")
        }
        return list
    }
}

/// An entry of a batch that could not be read.
struct UnreadEntry: Error {
    /// The job of the entry, where it can be read.
    var id: String?
    /// What is wrong with it.
    var problem: Problem
}
