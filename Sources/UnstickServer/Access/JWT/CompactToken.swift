/// A token in its three parts, of which nothing is known to be true.
///
/// [RFC 7515, section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)
struct CompactToken {
    /// How many bytes a token may have.
    static let maximumLength = 8192

    /// The header, as JSON.
    let header: [UInt8]
    /// The claims, as JSON.
    let payload: [UInt8]
    /// The signature.
    let signature: [UInt8]
    /// What was signed: the first two parts as they came.
    let signed: [UInt8]

    /// Parts a text.
    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.maximumLength else { throw .length }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }), let header = Base64URL.decode(parts[0]),
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2])
        else { throw .encoding }
        self.header = header
        self.payload = payload
        self.signature = signature
        self.signed = Array(bytes[..<parts[1].endIndex])
    }

    /// Whether a text looks like a signed token: it has two dots, and is none of those that a store keeps.
    static func resembles(_ text: String) -> Bool {
        !text.hasPrefix("unstick_") && text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }
}
