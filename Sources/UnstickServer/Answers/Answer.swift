import HTTPTypes
import Hummingbird
import Unstick

/// Makes responses.
///
/// No cache may store an answer of the API, and no browser may guess its type.
enum Answer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        try body(value, status: status, type: "application/json; charset=utf-8")
    }

    static func body(_ value: some Encodable, status: HTTPResponse.Status, type: String) throws -> Response {
        raw(ByteBuffer(bytes: try JSONOutput.bytes(of: value)), status: status, type: type)
    }

    static func raw(_ body: ByteBuffer, status: HTTPResponse.Status, type: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}

/// The errors of the two endpoints whose bodies are fixed by older callers.
struct LegacyError: Error, Encodable {
    var status: HTTPResponse.Status = .internalServerError
    var success: Bool?
    var error: String
    var details: String?

    private enum CodingKeys: String, CodingKey {
        case success, error, details
    }

    static let unauthorized = LegacyError(status: .unauthorized, error: "Unauthorized")
    static let forbidden = LegacyError(status: .forbidden, error: "Forbidden: Admin access required")

    func response() throws -> Response {
        try Answer.json(self, status: self.status)
    }
}
