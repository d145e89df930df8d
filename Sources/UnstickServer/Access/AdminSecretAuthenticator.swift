public import Unstick

/// The one admin of `UNSTICK_ADMIN_TOKEN`.
public struct AdminSecretAuthenticator: Authenticator {
    /// The fewest characters that the secret may have.
    public static let minimumLength = 32

    private let secret: SharedSecret
    private let credential: String

    /// - Throws: ``Unstick/UnstickError`` `invalidArgument` when the token has fewer than ``minimumLength`` characters.
    public init(_ token: String) throws {
        self.secret = try SharedSecret([token], name: "UNSTICK_ADMIN_TOKEN", minimum: Self.minimumLength)
        self.credential = "secret:\(self.secret.fingerprint)"
    }

    /// Tells who it is by the secret.
    public func authenticate(bearer token: String) async throws -> Principal? {
        self.secret.matches(token) ? Principal(name: "environment", role: .admin, credential: self.credential) : nil
    }

    /// Whether it is still the same secret.
    public func vouches(for credential: String, role: Role) async throws -> Bool {
        credential == self.credential && role == .admin
    }

    /// There is the secret.
    public var canAccept: Bool { true }
}
