public import Unstick

/// A secret from the configuration, kept as a digest only.
public struct SharedSecret: Sendable {
    private let digests: [[UInt8]]

    /// Makes a secret; several are valid at once while they are rotated.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` when one is shorter than `minimum` characters, or cannot be
    ///   sent unchanged in a header.
    public init(_ secrets: [String], name: String, minimum: Int) throws {
        for secret in secrets { try Self.check(secret, name: name, minimum: minimum) }
        self.digests = secrets.map(SecretDigest.sha256)
    }

    /// The most characters of a secret: a header with a longer one is not read.
    private static let maximum = 4096

    /// Refuses a secret that no caller could send unchanged, because it would never match.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument`, without any part of the secret.
    package static func check(_ secret: String, name: String, minimum: Int) throws {
        guard secret.unicodeScalars.allSatisfy({ 0x20...0x7e ~= $0.value }), secret.first != " ", secret.last != " "
        else {
            throw UnstickError(
                .invalidArgument,
                """
                \(name) begins or ends with white space, or has a line break or another character that no HTTP header \
                carries: every call with it would be refused. Remove it; \(name)="$(cat FILE)" drops the line break \
                at the end of a file.
                """
            )
        }
        guard minimum...Self.maximum ~= secret.utf8.count else {
            throw UnstickError(
                .invalidArgument,
                """
                \(name) must have \(minimum) characters or more, and at most \(Self.maximum). Create one with: \
                openssl rand -hex 32
                """
            )
        }
    }

    /// An identifier of the secrets that reveals nothing, and changes with them.
    var fingerprint: String {
        SecretDigest.sha256(self.digests.map { $0.hexadecimal }.joined()).prefix(8).hexadecimal
    }

    /// Whether this is one of the secrets; each is compared, in constant time.
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
    private let credential: String

    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` when the token has fewer than ``minimumLength`` characters.
    public init(_ token: String) throws {
        self.secret = try SharedSecret([token], name: "UNSTICK_ADMIN_TOKEN", minimum: Self.minimumLength)
        self.credential = "secret:\(self.secret.fingerprint)"
    }

    /// Identifies the admin by the secret.
    public func authenticate(bearer token: String) async throws -> Principal? {
        self.secret.matches(token) ? Principal(name: "environment", role: .admin, credential: self.credential) : nil
    }

    /// Whether it is still the same secret.
    public func vouches(for credential: String, role: Role) async throws -> Bool {
        credential == self.credential && role == .admin
    }

    /// Always, because there is the secret.
    public var canAccept: Bool { true }
}
