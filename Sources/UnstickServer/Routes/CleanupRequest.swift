import Foundation
import Hummingbird
import Unstick

/// The body of a cleanup call.
///
/// It is read strictly: a mangled `{"dryRun": true` must never become a real run.
struct CleanupRequest: Decodable {
    private var timeoutMs: Int?
    private var dryRun: Bool?
    private var batchSize: Int?
    private var force: Bool?

    private struct Field: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static let fields = ["timeoutMs", "dryRun", "batchSize", "force"]

    private init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        if let unknown = container.allKeys.first(where: { !Self.fields.contains($0.stringValue) }) {
            throw Problem.badRequest(
                "There is no such field; there is \(Self.fields.joined(separator: ", ")).",
                pointer: "/" + unknown.stringValue.prefix(50).replacing("~", with: "~0").replacing("/", with: "~1")
            )
        }
        self.timeoutMs = try Self.integer("timeoutMs", in: Limits.timeoutMilliseconds, from: container)
        self.batchSize = try Self.integer("batchSize", in: Limits.batchSize, from: container)
        self.dryRun = try Self.flag("dryRun", from: container)
        self.force = try Self.flag("force", from: container)
    }

    /// Reads the body; none at all asks for the defaults.
    init(of call: Call) async throws {
        let body: ByteBuffer
        do {
            body = try await call.request.body.collect(upTo: UnstickAPI.largestBody)
        } catch {
            throw Problem(
                status: .contentTooLarge,
                code: "content_too_large",
                detail: "The body must have at most \(UnstickAPI.largestBody) bytes."
            )
        }
        let bytes = Data(body.readableBytesView)
        guard bytes.contains(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else {
            self.init()
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
        do {
            self = try JSONDecoder().decode(CleanupRequest.self, from: bytes)
        } catch is DecodingError {
            throw Problem.badRequest("The body must be one JSON object.", pointer: "")
        }
    }

    func options(over standard: CleanupOptions) -> CleanupOptions {
        CleanupOptions(
            timeout: self.timeoutMs.map { .milliseconds($0) } ?? standard.timeout,
            dryRun: self.dryRun ?? false,
            batchSize: self.batchSize ?? standard.batchSize,
            force: self.force ?? false
        )
    }

    private static func integer(
        _ name: String,
        in range: ClosedRange<Int>,
        from container: KeyedDecodingContainer<Field>
    ) throws -> Int? {
        let key = Field(stringValue: name)
        guard container.contains(key) else { return nil }
        guard let value = try? container.decode(Int.self, forKey: key), range.contains(value) else {
            throw Problem.badRequest(
                "It must be a whole number from \(range.lowerBound) to \(range.upperBound).",
                pointer: "/" + name
            )
        }
        return value
    }

    private static func flag(_ name: String, from container: KeyedDecodingContainer<Field>) throws -> Bool? {
        let key = Field(stringValue: name)
        guard container.contains(key) else { return nil }
        guard let value = try? container.decode(Bool.self, forKey: key) else {
            throw Problem.badRequest("It must be true or false.", pointer: "/" + name)
        }
        return value
    }
}
