import Unstick

/// A secret from the configuration, kept as a digest only.
public struct SharedSecret: Sendable {
    private let digests: [[UInt8]]

    /// Makes a secret; several are valid at once while they are rotated.
    ///
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument` when one is shorter than `minimum` characters.
    public init(_ secrets: [String], name: String, minimum: Int) throws {
        guard secrets.allSatisfy({ $0.count >= minimum }) else {
            throw UnstickError(
                .invalidArgument,
                "\(name) must have \(minimum) characters or more. Make one with: openssl rand -hex 32"
            )
        }
        self.digests = secrets.map(SecretDigest.sha256)
    }

    /// Whether this is one of the secrets; each is compared, whichever matches.
    public func matches(_ guess: String) -> Bool {
        let digest = SecretDigest.sha256(guess)
        return self.digests.reduce(false) { SecretDigest.equal($1, digest) || $0 }
    }
}

/// The one admin of `UNSTICK_ADMIN_TOKEN`.
public struct AdminSecretAuthenticator: Authenticator {
    /// The fewest characters that the secret may have.
    public static let minimumLength = 32

    private let secret: SharedSecret

    /// - Throws: ``Unstick/UnstickError`` `invalidArgument` when the token has fewer than ``minimumLength`` characters.
    public init(_ token: String) throws {
        self.secret = try SharedSecret([token], name: "UNSTICK_ADMIN_TOKEN", minimum: Self.minimumLength)
    }

    /// Tells who it is by the secret.
    public func authenticate(bearer token: String) async throws -> Principal? {
        self.secret.matches(token) ? Principal(name: "environment", role: .admin) : nil
    }
}
