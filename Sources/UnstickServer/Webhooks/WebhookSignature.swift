import Crypto
import Foundation
import NIOCore

/// Signs deliveries by Standard Webhooks 1.0.0.
enum WebhookSignature {
    /// The value of the header `webhook-signature`: one signature for each secret, in their order.
    ///
    /// During a rotation, both the new and the old secret sign, and a receiver may know either.
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

/// A secret that signs deliveries, as Standard Webhooks 1.0.0 writes symmetric ones: `whsec_` and base64.
struct WebhookSecret: Hashable, Sendable {
    /// The allowed numbers of bytes of a secret.
    static let allowedSizes = 24...64
    private static let prefix = "whsec_"

    /// The signing key.
    let key: SymmetricKey

    /// Reads a secret; `nil` for an invalid text, or too few or too many bytes.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
            Self.allowedSizes ~= bytes.count
        else { return nil }
        self.key = SymmetricKey(data: bytes)
    }

    private init(key: SymmetricKey) {
        self.key = key
    }

    /// Makes a new secret of 32 random bytes.
    static func random() -> WebhookSecret {
        WebhookSecret(key: SymmetricKey(size: .bits256))
    }

    /// The secret itself, for the operator of the receiver and for the store; never for a log.
    var text: String { Self.prefix + self.key.withUnsafeBytes { Data($0) }.base64EncodedString() }

    /// Hashes the bytes; the key, whose comparison takes constant time, has no hash of its own.
    func hash(into hasher: inout Hasher) {
        self.key.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder, so that interpolating a secret, or a value that contains one, reveals nothing.
    var description: String { "whsec_***" }
    /// The same placeholder.
    var debugDescription: String { self.description }
    /// A mirror without children, for `dump` and the like.
    var customMirror: Mirror { Mirror(self, children: []) }
}
