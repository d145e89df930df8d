import Foundation
public import Logging
public import Unstick

/// Identifies a caller by a token that another server has signed.
///
/// ```swift
/// let settings = try JWTSettings(preset: "supabase", issuer: "https://PROJECT.supabase.co/auth/v1")
/// let authenticator = JWTAuthenticator(settings: settings, logger: logger)
/// ```
///
/// It checks [RFC 7519](https://www.rfc-editor.org/rfc/rfc7519) as [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725)
/// requires: the settings decide which algorithms and keys are allowed, never the token. A token ends at its claim
/// `exp` and cannot be revoked before.
public struct JWTAuthenticator: Authenticator {
    private let settings: JWTSettings
    private let source: KeySource?
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let credential: String

    /// Makes an authenticator, which reads its keys at the first token.
    ///
    /// - Parameters:
    ///   - settings: decide which tokens are accepted.
    ///   - logger: gets the reason of each refused token as a debug line, and a warning when keys cannot be read.
    public init(settings: JWTSettings, logger: Logger) {
        self.init(
            settings: settings,
            fetch: KeyDownload.fetch,
            now: { Timestamp(milliseconds: Int(Date().timeIntervalSince1970 * 1000)) },
            logger: logger
        )
    }

    /// Makes an authenticator with another clock and another HTTP client.
    init(
        settings: JWTSettings,
        fetch: @escaping KeySource.Fetch,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.settings = settings
        self.now = now
        self.logger = logger
        self.credential = "jwt:\(settings.fingerprint)"
        switch settings.keys {
        case .secret: self.source = nil
        case .jwks(let source): self.source = KeySource(source, fetch: fetch, now: now, logger: logger)
        }
    }

    /// Reads the keys now, so that a mistake shows when the server starts.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when they cannot be read.
    public func prepare() async throws {
        try await self.source?.prepare()
    }

    /// Identifies the caller by a signed token.
    ///
    /// - Parameter token: the token.
    /// - Returns: the caller, or `nil` for a token that is not genuine, not in force, or not meant for this server.
    /// - Throws: ``NoRole`` for a valid token without a role, or ``/Unstick/UnstickError`` `databaseUnavailable` when
    ///   there are no keys to check it with.
    public func authenticate(bearer token: String) async throws -> Principal? {
        guard CompactToken.resembles(token) else { return nil }
        do {
            return try await self.checked(CompactToken(token))
        } catch let refusal as TokenRefusal {
            self.logger.debug("A signed token was refused", metadata: ["reason": "\(refusal.rawValue)"])
            return nil
        }
    }

    /// Whether the settings are still those that accepted the credential.
    ///
    /// The issuer is not asked whether the token is revoked: the token expires, and its sessions end with it.
    ///
    /// - Parameters:
    ///   - credential: the accepted credential.
    ///   - role: its role at that time.
    /// - Returns: whether the same token would be accepted now, if it has not expired.
    public func vouches(for credential: String, role: Role) async throws -> Bool {
        credential == self.credential
    }

    /// Always, because there are keys to check tokens with.
    public var canAccept: Bool { true }

    private func checked(_ token: CompactToken) async throws -> Principal {
        let header = try TokenHeader(token.header, allowed: self.settings.algorithms)
        let keys = try await self.keys(for: header)
        guard !keys.isEmpty else { throw TokenRefusal.key }
        guard keys.contains(where: { $0.verifies(token.signature, of: token.signed) }) else {
            throw TokenRefusal.signature
        }
        // Claims are read only after the signature is verified.
        let claims = try TokenClaims(token.payload)
        let end = try claims.check(self.settings, at: self.now())
        guard let name = self.settings.name(in: claims.json) else { throw TokenRefusal.name }
        guard let role = self.settings.role(in: claims.json) else { throw NoRole(claims: self.settings.roleClaims) }
        return Principal(name: name, role: role, credential: self.credential, expiresAt: end)
    }

    private func keys(for header: TokenHeader) async throws -> [VerificationKey] {
        switch self.settings.keys {
        // There is one secret, whatever key id the token names.
        case .secret(let secret): [try await VerificationKey(secret: Array(secret.utf8))]
        case .jwks: try await self.source?.candidates(header.algorithm, id: header.keyID) ?? []
        }
    }
}

/// The error for a valid token that gives its holder no role.
///
/// It names the places of the role, and not what the token has there.
public struct NoRole: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, why, and what to do next; its holder may read it.
    public let message: String

    /// Makes the error for these places.
    init(claims: [JSONPointer]) {
        let places = claims.map(\.text).joined(separator: ", ")
        self.message = """
            The token is valid, but it gives no role here: at \(places) it has none of the values that \
            JWT_ADMIN_VALUES, JWT_OPERATOR_VALUES and JWT_VIEWER_VALUES name. Give the account one of these values at its \
            provider, or name the claim that has it in JWT_ROLE, and sign in again.
            """
    }

    /// The message.
    public var description: String { self.message }
}
