import JWTKit
import Unstick

/// The public keys of an issuer.
struct KeySet: Sendable {
    /// The most bytes of a document.
    static let maximumLength = 256 * 1024
    /// The most keys in it, of any kind.
    static let maximumKeys = 100
    /// The most keys that are tried for a token without a key id.
    static let maximumTries = 10

    private let keys: [VerificationKey]

    /// Reads a JSON Web Key Set.
    ///
    /// It ignores keys that are not for signatures. It throws ``KeyFailure``.
    init(_ document: [UInt8]) async throws {
        guard document.count <= Self.maximumLength else { throw KeyFailure.tooLong }
        guard let members = try? StrictJSON.object(document), case .list(let list) = members["keys"] else {
            throw KeyFailure.notAKeySet
        }
        guard list.count <= Self.maximumKeys else { throw KeyFailure.tooManyKeys }
        var keys: [VerificationKey] = []
        for case .object(let members) in list {
            if let key = await JSONWebKey(members).verificationKey() { keys.append(key) }
        }
        guard !keys.isEmpty else { throw KeyFailure.noKey }
        self.keys = keys
    }

    /// The keys that may verify a signature of an algorithm: those with that id, or all without one.
    func candidates(_ algorithm: SigningAlgorithm, id: String?) -> [VerificationKey] {
        let fitting = self.keys.lazy.filter { key in
            key.algorithm == algorithm && (id.map { key.id?.isExactly($0) == true } ?? true)
        }
        return Array(fitting.prefix(Self.maximumTries))
    }
}

/// One member of a key set, as it arrived.
///
/// [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517), and for the kinds of keys
/// [RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-6) and
/// [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037#section-2).
struct JSONWebKey {
    /// The sizes of RSA keys, in bytes: shorter ones are weak, and longer ones are slow.
    private static let rsaSizes = 256...1024

    private let members: [ExactText: JSONValue]

    /// Reads a member of a key set.
    init(_ members: [ExactText: JSONValue]) {
        self.members = members
    }

    /// Makes the key; `nil` where it is not for signatures, or cannot verify them.
    ///
    /// A key that can sign, a symmetric or a private one, must not be published, so it does not count.
    func verificationKey() async -> VerificationKey? {
        guard self.isForSignatures, self.members["d"] == nil, self.members["k"] == nil else { return nil }
        // A broken key is ignored: the others of the set still work.
        return switch (self.text("kty"), self.text("crv")) {
        case ("RSA", nil): try? await self.rsa()
        case ("EC", "P-256"): try? await self.p256()
        case ("OKP", "Ed25519"): try? await self.ed25519()
        default: nil
        }
    }

    private var id: String? { self.text("kid") }

    private var isForSignatures: Bool {
        let isForThat = self.members["use"].map { $0 == .text("sig") } ?? true
        switch self.members["key_ops"] {
        case nil: return isForThat
        case .list(let operations): return isForThat && operations.contains(.text("verify"))
        default: return false
        }
    }

    private func text(_ name: String) -> String? {
        if case .text(let text) = self.members[name.exact] { text } else { nil }
    }

    private func isFor(_ algorithm: SigningAlgorithm) -> Bool {
        self.members["alg"].map { $0 == .text(algorithm.rawValue) } ?? true
    }

    /// A number in base64url, and how many bytes it has without leading zeros.
    private func number(_ name: String) -> (text: String, size: Int)? {
        guard let text = self.text(name), let bytes = Base64URL.decode(text.utf8) else { return nil }
        return (text, bytes.drop { $0 == 0 }.count)
    }

    private func rsa() async throws -> VerificationKey? {
        guard self.isFor(.rs256), let modulus = self.number("n"), let exponent = self.number("e"),
            Self.rsaSizes ~= modulus.size, 1...4 ~= exponent.size
        else { return nil }
        // This refuses keys with fewer than 2048 bits.
        let key = try Insecure.RSA.PublicKey(modulus: modulus.text, exponent: exponent.text)
        return try await VerificationKey(rsa: key, id: self.id)
    }

    private func p256() async throws -> VerificationKey? {
        guard self.isFor(.es256), let x = self.coordinate("x"), let y = self.coordinate("y") else { return nil }
        return try await VerificationKey(p256: ES256PublicKey(parameters: (x, y)), id: self.id)
    }

    private func ed25519() async throws -> VerificationKey? {
        guard self.isFor(.edDSA), let x = self.coordinate("x") else { return nil }
        return try await VerificationKey(ed25519: EdDSA.PublicKey(x: x, curve: .ed25519), id: self.id)
    }

    /// A coordinate of a point, of 32 bytes: two of other lengths could form another point.
    private func coordinate(_ name: String) -> String? {
        self.text(name).flatMap { Base64URL.decode($0.utf8)?.count == 32 ? $0 : nil }
    }
}
