import JWTKit

/// A key that verifies signatures of one algorithm.
struct VerificationKey: Sendable {
    /// The algorithm.
    let algorithm: SigningAlgorithm
    /// The key id, if it has one.
    let id: String?

    private let verifier: any JWTAlgorithm

    private init(_ algorithm: SigningAlgorithm, id: String?, _ keys: JWTKeyCollection) async throws {
        // A collection tries another of its keys if it has none with a token's id, so each collection has only one key
        // and only verifies signatures.
        self.verifier = try await keys.getKey()
        self.algorithm = algorithm
        self.id = id
    }

    /// A secret of ``JWTSettings/shortestSecret`` bytes or more.
    init(secret: [UInt8]) async throws {
        try await self.init(
            .hs256,
            id: nil,
            JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        )
    }

    /// An RSA key of 2048 bits or more.
    init(rsa key: Insecure.RSA.PublicKey, id: String?) async throws {
        try await self.init(.rs256, id: id, JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256))
    }

    /// A key on the curve P-256.
    init(p256 key: ES256PublicKey, id: String?) async throws {
        try await self.init(.es256, id: id, JWTKeyCollection().add(ecdsa: key))
    }

    /// A key on the curve Ed25519.
    init(ed25519 key: EdDSA.PublicKey, id: String?) async throws {
        try await self.init(.edDSA, id: id, JWTKeyCollection().add(eddsa: key))
    }

    /// Whether this key made a signature.
    func verifies(_ signature: [UInt8], of signed: [UInt8]) -> Bool {
        // An invalid signature, for example of the wrong length, was not made by it.
        (try? self.verifier.verify(signature, signs: signed)) ?? false
    }
}

/// A signature algorithm.
///
/// The settings decide which ones are allowed, never a token: `none` and any other algorithm is unknown.
public enum SigningAlgorithm: String, CaseIterable, Sendable {
    /// HMAC with SHA-256: a server that can check a token can also make one, so it needs a secret that two servers
    /// share.
    case hs256 = "HS256"
    /// RSA by PKCS #1 v1.5, with SHA-256.
    case rs256 = "RS256"
    /// ECDSA on the curve P-256, with SHA-256.
    case es256 = "ES256"
    /// EdDSA on the curve Ed25519.
    case edDSA = "EdDSA"

    /// Whether a public key verifies it.
    package var hasPublicKey: Bool { self != .hs256 }
}
