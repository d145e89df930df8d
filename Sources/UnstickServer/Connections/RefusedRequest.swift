import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import Unstick

/// A request that is refused before any route sees it, and its connection closed.
struct RefusedRequest {
    let status: HTTPResponseStatus
    let code: String
    let detail: String

    static let host = RefusedRequest(
        status: .badRequest,
        code: "invalid_host",
        detail: "A request must have exactly one Host header, with a host and optionally a port."
    )
    static let method = RefusedRequest(
        status: .notImplemented,
        code: "unknown_method",
        detail: "The server does not support this method. /openapi.json lists the supported calls."
    )
    static let transfer = RefusedRequest(
        status: .notImplemented,
        code: "unknown_transfer_encoding",
        detail: "The only supported Transfer-Encoding is chunked."
    )
    static let encoding = RefusedRequest(
        status: .unsupportedMediaType,
        code: "unknown_content_encoding",
        detail: "A body must not have a Content-Encoding."
    )
    static let tooSlow = RefusedRequest(
        status: .requestTimeout,
        code: "request_timeout",
        detail: "The request was not complete in time. Nothing was done; send it again."
    )
    static let headTooLarge = RefusedRequest(
        status: .requestHeaderFieldsTooLarge,
        code: "head_too_large",
        detail: "The head of a request may have at most 16 KiB and 100 header fields."
    )
    static let version = RefusedRequest(
        status: .httpVersionNotSupported,
        code: "http_version",
        detail: "This server speaks HTTP/1.1."
    )
    static let malformed = RefusedRequest(
        status: .badRequest,
        code: "malformed_request",
        detail: "The request is not HTTP/1.1. Nothing was done."
    )

    /// The error for bytes that are no valid request.
    init(_ error: HTTPParserError) {
        switch error {
        case .invalidMethod: self = .method
        case .headerOverflow: self = .headTooLarge
        case .invalidVersion: self = .version
        default: self = .malformed
        }
    }

    private init(status: HTTPResponseStatus, code: String, detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    /// The methods that the server supports; others are unknown to it.
    private static let methods: [HTTPMethod] = [.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE, .OPTIONS, .TRACE]

    /// The error for the head of a request; `nil` if it is valid.
    init?(of head: HTTPRequestHead) {
        guard Self.methods.contains(head.method) else {
            self = .method
            return
        }
        let hosts = head.headers["host"]
        // HTTP/1.0 does not require this field.
        let isOne = hosts.count == 1 || (hosts.isEmpty && head.version.minor == 0)
        guard isOne, hosts.allSatisfy({ Self.isHost($0) }) else {
            self = .host
            return
        }
        if let refused = Self.unreadable(head.headers) {
            self = refused
            return
        }
        return nil
    }

    /// The error for the encoding of the body.
    private static func unreadable(_ headers: HTTPHeaders) -> RefusedRequest? {
        let transfers = headers["transfer-encoding"].map { $0.lowercased() }
        guard transfers.isEmpty || transfers == ["chunked"] else { return .transfer }
        return headers["content-encoding"].allSatisfy { $0.lowercased() == "identity" } ? nil : .encoding
    }

    private static let noHost = Set(#",/\?#@<>"|^`{}"#.utf8)

    private static func isHost(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x21...0x7e ~= $0 && !self.noHost.contains($0) }
    }

    /// The answer: a problem document, or only its head.
    func parts(isHead: Bool) -> [HTTPServerResponsePart] {
        let problem = Problem(
            status: .init(code: Int(self.status.code), reasonPhrase: self.status.reasonPhrase),
            code: self.code,
            detail: self.detail
        )
        // Text always encodes.
        let body = isHead ? ByteBuffer() : ByteBuffer(bytes: (try? JSONOutput.bytes(of: problem.document)) ?? [])
        let head = HTTPResponseHead(
            version: .http1_1,
            status: self.status,
            headers: [
                "content-type": "application/problem+json", "content-length": "\(body.readableBytes)",
                "cache-control": "no-store", "connection": "close", "server": UnstickApplication.serverName,
            ]
        )
        return [.head(head), .body(.byteBuffer(body)), .end(nil)]
    }
}
