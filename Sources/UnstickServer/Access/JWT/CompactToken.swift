import Unstick

/// A token in its three parts, not yet verified.
///
/// [RFC 7515, section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)
struct CompactToken {
    /// The most bytes of a token.
    static let maximumLength = 8192

    /// The header, as JSON.
    let header: [UInt8]
    /// The claims, as JSON.
    let payload: [UInt8]
    /// The signature.
    let signature: [UInt8]
    /// The signed bytes: the first two parts as they arrived.
    let signed: [UInt8]

    /// Splits a text.
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

    /// Whether a text looks like a signed token: it has two dots, and is no stored API key.
    static func resembles(_ text: String) -> Bool {
        !text.hasPrefix("unstick_") && text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }
}

/// Base64url without padding, for tokens and keys.
///
/// [RFC 7515, section 2](https://www.rfc-editor.org/rfc/rfc7515#section-2)
enum Base64URL {
    /// Decodes a text; `nil` where it is not the only text of these bytes.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var buffer: UInt32 = 0
        var bits = 0
        for character in text {
            guard let value = Self.value(of: character) else { return nil }
            buffer = (buffer << 6) | value
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            buffer &= (1 << UInt32(bits)) - 1
        }
        // Extra bits have no meaning: if set, they would give a token a second text.
        return buffer == 0 ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

/// The header of a token that is not yet verified.
struct TokenHeader {
    /// Fields that ask for unsupported features: extensions, keys inside the token, nested or encrypted content.
    private static let unsupported = ["crit", "jwk", "jku", "x5u", "cty", "b64", "enc", "zip"]

    /// The algorithm that it names.
    let algorithm: SigningAlgorithm
    /// The key that it names.
    let keyID: String?

    /// Reads a header that names one of the algorithms.
    init(_ json: [UInt8], allowed: Set<SigningAlgorithm>) throws(TokenRefusal) {
        let fields: [ExactText: JSONValue]
        do {
            fields = try StrictJSON.object(json)
        } catch {
            throw .header
        }
        guard case .text(let name) = fields["alg"] else { throw .header }
        guard let algorithm = allowed.first(where: { $0.rawValue.isExactly(name) }) else { throw .algorithm }
        guard Self.unsupported.allSatisfy({ fields[$0.exact] == nil }) else { throw .unsupported }
        try Self.check(type: fields["typ"])
        self.algorithm = algorithm
        self.keyID = try Self.keyID(fields["kid"])
    }

    private static func check(type: JSONValue?) throws(TokenRefusal) {
        switch type {
        case nil: return
        case .text(let type) where ["jwt", "at+jwt"].contains(type.lowercased()): return
        default: throw .type
        }
    }

    private static func keyID(_ field: JSONValue?) throws(TokenRefusal) -> String? {
        switch field {
        case nil: return nil
        case .text(let keyID): return keyID
        default: throw .header
        }
    }
}

/// Why a token was refused.
///
/// The raw value is for a log: bounded text without any part of the token. The caller does not see it.
enum TokenRefusal: String, Error, CaseIterable {
    /// It has too many bytes.
    case length
    /// It is not three parts in base64url without padding.
    case encoding
    /// Its header is no JSON object, or one of its fields is not of its type.
    case header
    /// Its algorithm is not allowed.
    case algorithm
    /// It is another kind of token.
    case type
    /// It asks for an unsupported feature: an extension, a nested token, a key of its own.
    case unsupported
    /// There is no key for it.
    case key
    /// No key verifies its signature.
    case signature
    /// Its payload is no JSON object, or one of its claims is not of its type.
    case payload
    /// Another issuer issued it.
    case issuer
    /// It was issued for another audience.
    case audience
    /// It was issued to another party.
    case authorizedParty = "authorized_party"
    /// It was issued for another organization.
    case organization
    /// A time is missing or out of range.
    case time
    /// It has expired.
    case expired
    /// It is not in force yet.
    case notYetValid = "not_yet_valid"
    /// It has no name that could be logged.
    case name
}
