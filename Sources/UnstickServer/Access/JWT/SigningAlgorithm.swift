/// How a token is signed.
///
/// Which ones are allowed is set here and never by a token: `none` and whatever else there is does not exist.
public enum SigningAlgorithm: String, CaseIterable, Sendable {
    /// HMAC with SHA-256: whoever can check a token can make one, so it is for a secret that two servers share.
    case hs256 = "HS256"
    /// RSA as in PKCS #1 v1.5, with SHA-256.
    case rs256 = "RS256"
    /// ECDSA on the curve P-256, with SHA-256.
    case es256 = "ES256"
    /// EdDSA on the curve Ed25519.
    case edDSA = "EdDSA"

    /// Whether it is checked with a public key.
    public var hasPublicKey: Bool { self != .hs256 }
}
