/// A session of a signed-in user of the admin UI.
///
/// The store keeps the SHA-256 digest of the cookie's secret, not the secret.
public struct Session: Hashable, Sendable {
    /// SHA-256 of the cookie's secret, 32 bytes.
    public var digest: [UInt8]
    /// The name of the user, for the audit log.
    public var name: String
    /// The role of the user.
    public var role: Role
    /// The credential of the sign-in: the session ends when it is revoked.
    public var credential: String
    /// When the user signed in.
    public var createdAt: Timestamp
    /// When the user was last active, to the minute.
    public var seenAt: Timestamp
    /// When the session ends in any case.
    public var expiresAt: Timestamp

    /// How long a session lasts without activity.
    package static let idle = Duration.seconds(30 * 60)
    /// The longest life of a session.
    package static let longest = Duration.seconds(12 * 3600)
    /// The precision of ``seenAt``.
    package static let precision = Duration.seconds(60)

    /// Makes a session that starts now.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the cookie's secret.
    ///   - name: the name of the user.
    ///   - role: the role of the user.
    ///   - credential: the credential of the sign-in.
    ///   - now: the database's clock.
    ///   - expiresAt: when the session ends in any case.
    public init(
        digest: [UInt8],
        name: String,
        role: Role,
        credential: String,
        at now: Timestamp,
        expiresAt: Timestamp
    ) {
        self.digest = digest
        self.name = name
        self.role = role
        self.credential = credential
        self.createdAt = now
        self.seenAt = now
        self.expiresAt = expiresAt
    }
}

/// The role of a store that keeps sessions.
public protocol SessionStore: Sendable {
    /// Stores a session, and removes those that have ended.
    func add(_ session: Session) async throws

    /// The session with this digest that has not ended, by the database's clock.
    ///
    /// - Parameters:
    ///   - digest: the digest of the secret in the cookie.
    ///   - renews: whether this counts as activity; `false` for requests that a page sends by itself.
    func session(_ digest: [UInt8], renews: Bool) async throws -> Session?

    /// Ends one session.
    func endSession(_ digest: [UInt8]) async throws

    /// Ends every session that a user started with a credential.
    ///
    /// - Returns: the number of sessions.
    func endSessions(of name: String, credential: String) async throws -> Int
}

extension SessionStore {
    /// The session with this digest that has not ended; counts as activity.
    package func session(_ digest: [UInt8]) async throws -> Session? {
        try await self.session(digest, renews: true)
    }
}
