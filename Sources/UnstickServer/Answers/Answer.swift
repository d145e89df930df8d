import Foundation
import HTTPTypes
import Hummingbird
import Unstick

/// Making responses.
///
/// Nothing of the API may be kept by a cache or guessed at by a browser.
enum Answer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        try body(value, status: status, type: "application/json; charset=utf-8")
    }

    static func body(_ value: some Encodable, status: HTTPResponse.Status, type: String) throws -> Response {
        raw(ByteBuffer(bytes: try self.encoded(value)), status: status, type: type)
    }

    static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func raw(_ body: ByteBuffer, status: HTTPResponse.Status, type: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}
