import Foundation
import HTTPTypes
import TestSupport
import Testing
import Unstick
import UnstickPostgres
import UnstickSQLite

@testable import UnstickServer

@Suite("Text fuzzing", .enabled(if: PostgresCluster.shared != nil))
struct TextFuzzTests {
    /// A place for a text in a request.
    private struct Field: CustomStringConvertible, @unchecked Sendable {
        // Only read after it is made.
        enum Place {
            case path(String)
            case query(String)
            case header(String)
            /// The names and indices of the place in the body.
            case body([String])
        }

        var method: String
        var path: String
        var place: Place
        /// A valid body, as JSON.
        var body: Any?

        var description: String { "\(self.method) \(self.path) \(self.place)" }
    }

    /// The parts of an answer that do not depend on the time or on chance.
    private struct Outcome: Equatable {
        var status: Int
        var code: String?
        var places: [String]
        var results: [String]
    }

    @Test("both stores answer the same, with the error and its place, and never with a server error")
    func sameAnswers() async throws {
        let cluster = try #require(PostgresCluster.shared)
        let url = try cluster.makeDatabase()
        defer { cluster.dropDatabase(url) }
        let postgres = try await PostgresStore(url: url)
        let fields = try Self.fields(of: OpenAPIDocument(Data(PackageResources.openapi_json)))
        #expect(fields.count > 40)
        try await APIHarness.run { sqlite in
            try await APIHarness.run(store: postgres) { other in
                for api in [sqlite, other] { try await Self.prepare(api) }
                var random = SeededGenerator(seed: 14)
                for field in fields {
                    for text in Self.texts + (0..<4).map({ _ in Self.text(&random) }) {
                        let (one, two) = (
                            try await Self.ask(sqlite, field, text), try await Self.ask(other, field, text)
                        )
                        #expect(one == two && one.status < 500, "\(field) \(text): \(one), \(two)")
                    }
                }
                #expect(try await Self.all(sqlite) == Self.all(other))
                for api in [sqlite, other] {
                    let reconciliation = try await api.store.reconcile(limit: 5)
                    #expect(reconciliation.isClean)
                }
            }
        }
        try postgres.close()
    }

    private static func prepare(_ api: APIHarness) async throws {
        try await TokenBalanceManager(store: api.store).addTokens(1_000_000, to: "ada")
        try await api.addStuck(3)
    }

    /// Every job, with its texts.
    private static func all(_ api: APIHarness) async throws -> [String] {
        var jobs: [String] = []
        var cursor: String?
        repeat {
            let page = try await api.store.page(JobFilter(), cursor: cursor, limit: Limits.page)
            // Ids that the server makes differ.
            jobs += page.jobs.map { job in
                let id = job.userID == "ada" && job.id.count == 36 ? "made" : job.id
                return "\(id) \(job.userID) \(job.kind) \(job.tier ?? "-") \(job.status) \(job.errorMessage ?? "-") "
                    + "\(job.payload ?? "-")"
            }
            cursor = page.nextCursor
        } while cursor != nil
        return jobs.map(\.debugDescription).sorted()
    }

    // MARK: - Texts

    /// As JSON writes them between its quotes.
    private static let texts: [String] =
        [
            "", "a", #"\u0000"#, #"a\u0000b"#, #"\ud800"#, #"\udc00x"#, #"\ud83d\ude00"#, #"\ud83d\ud83d\ude00"#,
            #"\u0001"#,
            #"\u001b[31m"#, #"\u007f"#, #"\n"#, #"\t x "#, " ", ".", "..", "claim", "stuck", "%", "%00", "%2e%2e",
            "a/b", "?x=1",
            "#", "+", #"\\"#, #"\""#, "'", "' OR 1=1 --", ";", "*", "_%", "\u{e9}", "e\u{301}", "\u{feff}",
            "\u{202e}abc",
            "\u{fffd}", "\u{10ffff}", "👨‍👩‍👧‍👦", "日本", "null", "0", "-1", "9223372036854775808", "2026-01-31T12:00:00Z",
            "http://[::1", "https://example.com/\u{e9}", "MTIz", "PENDING", "CHARGE", "\u{212a}",
        ] + [199, 200, 201, 999, 1000, 1001, 2000, 2001].map { String(repeating: "x", count: $0) }
        + [String(repeating: "é", count: 100), String(repeating: "é", count: 101)]

    private static func text(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "\u{301}", "é", #"\u0000"#, #"\ud83d"#, #"\ude00"#, "👩", "%", "/", ".", " ", "日", #"\u000b"#, "'",
        ]
        return (0..<Int.random(in: 1...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    /// The bytes of a text for a path or a query, percent-encoded; half of a surrogate pair as the bytes that it would
    /// have.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let next = rest.first {
            rest.removeFirst()
            guard next == "\\", let escape = rest.first else {
                bytes += String(next).utf8
                continue
            }
            rest.removeFirst()
            guard escape == "u", let unit = UInt32(rest.prefix(4), radix: 16) else {
                bytes += String(["n": "\n", "t": "\t"][escape] ?? escape).utf8
                continue
            }
            rest = rest.dropFirst(4)
            bytes +=
                unit < 0x80
                ? [UInt8(unit)]
                : [UInt8(0xe0 | unit >> 12), UInt8(0x80 | unit >> 6 & 0x3f), UInt8(0x80 | unit & 0x3f)]
        }
        return bytes.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: - Requests

    private static func ask(_ api: APIHarness, _ field: Field, _ text: String) async throws -> Outcome {
        var path = field.path.replacing("{id}", with: "ada-0")
        var headers: [String: String] = [:]
        var body = field.body.map { (try? JSONSerialization.data(withJSONObject: $0)) ?? Data() }
        switch field.place {
        case .path(let name):
            // Without an id it is the URL of something else.
            path = field.path.replacing("{\(name)}", with: Self.encoded(text.isEmpty ? "x" : text))
        case .query(let name): path += "?\(name)=\(Self.encoded(text))"
        case .header(let name): headers[name] = text.filter { $0.isASCII && $0 != "\r\n" }
        case .body(let steps):
            // A mark holds the place of the text, because invalid JSON cannot be inserted otherwise.
            let marked = Self.putting("@text@", at: steps[...], in: field.body ?? [:])
            let json = try JSONSerialization.data(withJSONObject: marked)
            body = Data(String(decoding: json, as: UTF8.self).replacing("\"@text@\"", with: "\"\(text)\"").utf8)
        }
        guard let method = HTTPRequest.Method(field.method.uppercased()) else { throw UnknownMethod() }
        let reply = try await api.ask(
            method,
            path,
            token: field.path.hasPrefix("/api/admin/") ? api.adminToken : api.workerOrApp(field.path),
            body: body,
            type: body == nil ? nil : "application/json",
            headers: headers
        )
        let errors = reply.json["errors"] as? [[String: Any]] ?? []
        let results = reply.json["results"] as? [[String: Any]] ?? []
        return Outcome(
            status: reply.status,
            code: reply.json["code"] as? String,
            places: errors.map { "\($0["pointer"] ?? "") \($0["parameter"] ?? "") \($0["detail"] ?? "")" },
            results: results.map { "\($0["ok"] ?? "") \($0["reason"] ?? "") \($0["detail"] ?? "")" }
        )
    }

    private struct UnknownMethod: Error {}

    private static func putting(_ value: Any, at steps: ArraySlice<String>, in json: Any) -> Any {
        guard let step = steps.first else { return value }
        if var object = json as? [String: Any] {
            object[step] = Self.putting(value, at: steps.dropFirst(), in: object[step] ?? [String: Any]())
            return object
        }
        guard var list = json as? [Any], let index = Int(step) else { return value }
        list[index] = Self.putting(value, at: steps.dropFirst(), in: list[index])
        return list
    }

    // MARK: - Fields

    /// Every place of a request in which the document has a text.
    private static func fields(of document: OpenAPIDocument) throws -> [Field] {
        var fields: [Field] = []
        for (path, operations) in document.paths.sorted(by: { $0.key < $1.key }) where path.hasPrefix("/api/") {
            for (method, operation) in operations.sorted(by: { $0.key < $1.key }) {
                // A test event is sent over the network.
                guard path != "/api/cron/cleanup-jobs", let operation = operation as? [String: Any] else { continue }
                let schema = document.requestSchema(of: operation)
                let body = schema.map { Self.sample($0, "", document) }
                for parameter in (operation["parameters"] as? [[String: Any]] ?? []).map(document.resolved) {
                    guard let name = parameter["name"] as? String else { continue }
                    let place: Field.Place =
                        switch parameter["in"] as? String {
                        case "path": .path(name)
                        case "header": .header(name)
                        default: .query(name)
                        }
                    fields.append(Field(method: method, path: path, place: place, body: body))
                }
                for steps in schema.map({ Self.texts(in: $0, document) }) ?? [] {
                    fields.append(Field(method: method, path: path, place: .body(steps), body: body))
                }
            }
        }
        return fields
    }

    /// The places of texts in a schema, and of values of any type.
    private static func texts(in schema: [String: Any], _ document: OpenAPIDocument) -> [[String]] {
        let schema = document.resolved(schema)
        if let items = schema["items"] as? [String: Any] { return Self.texts(in: items, document).map { ["0"] + $0 } }
        if let properties = schema["properties"] as? [String: [String: Any]] {
            return properties.sorted { $0.key < $1.key }.flatMap { name, property in
                Self.texts(in: property, document).map { [name] + $0 }
            }
        }
        let types = schema["type"] as? [String] ?? [schema["type"] as? String ?? "string"]
        return types.contains("string") ? [[]] : []
    }

    /// A valid value of a schema: only what it requires.
    private static func sample(_ schema: [String: Any], _ name: String, _ document: OpenAPIDocument) -> Any {
        let schema = document.resolved(schema)
        if let items = schema["items"] as? [String: Any] { return [Self.sample(items, name, document)] }
        if let properties = schema["properties"] as? [String: [String: Any]] {
            let required = schema["required"] as? [String] ?? []
            return Dictionary(
                uniqueKeysWithValues: required.compactMap { name in
                    properties[name].map { (name, Self.sample($0, name, document)) }
                }
            )
        }
        if let choices = schema["enum"] as? [String] { return choices[0] }
        let known: [String: Any] = [
            "id": "ada-1", "userId": "ada", "tokensCost": 1, "attempt": 1, "url": "https://hooks.example.com/x",
            "events": "job.*",
        ]
        if let value = known[name] { return value }
        return ["integer": 1, "boolean": false][schema["type"] as? String ?? ""] ?? "image"
    }
}

extension APIHarness {
    fileprivate func workerOrApp(_ path: String) -> String {
        path == "/api/jobs" || path.hasSuffix("/cancel") ? self.appToken : self.workerToken
    }
}

extension OpenAPIDocument {
    fileprivate func requestSchema(of operation: [String: Any]) -> [String: Any]? {
        let content = (operation["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]]
        return content?["application/json"]?["schema"] as? [String: Any]
    }
}
