import Crypto
import Foundation
import NIOCore

/// Signs deliveries by Standard Webhooks 1.0.0.
enum WebhookSignature {
    /// What the header `webhook-signature` says: one signature for each secret, in their order.
    ///
    /// While a secret is being replaced, both the new and the old one sign, and a receiver may know either.
    static func header(id: String, timestamp: Int, body: ByteBuffer, secrets: [WebhookSecret]) -> String {
        let start = Array("\(id).\(timestamp).".utf8)
        return secrets.map { "v1," + Self.signature(start, body, $0) }.joined(separator: " ")
    }

    private static func signature(_ start: [UInt8], _ body: ByteBuffer, _ secret: WebhookSecret) -> String {
        var code = HMAC<SHA256>(key: secret.key)
        code.update(data: start)
        body.withUnsafeReadableBytes { code.update(data: $0) }
        return Data(code.finalize()).base64EncodedString()
    }
}
