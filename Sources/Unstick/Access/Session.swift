/// Somebody who is signed in to the page.
///
/// The secret of the cookie is not kept, only its SHA-256 digest.
public struct Session: Hashable, Sendable {
    /// SHA-256 of the cookie's secret, 32 bytes.
    public var digest: [UInt8]
    /// Who it is, for the record.
    public var name: String
    /// What they may do.
    public var role: Role
    /// What they signed in with: the session ends when that is withdrawn.
    public var credential: String
    /// When they signed in.
    public var createdAt: Timestamp
    /// When they were last seen, to the minute.
    public var seenAt: Timestamp
    /// When it ends, whatever they do.
    public var expiresAt: Timestamp

    /// How long a session lasts during which nobody does anything.
    public static let idle = Duration.seconds(30 * 60)
    /// How long a session lasts at most.
    public static let longest = Duration.seconds(12 * 3600)
    /// How exactly it is known when somebody was last seen.
    package static let precision = Duration.seconds(60)

    /// Makes a session that begins now.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the cookie's secret.
    ///   - name: who it is.
    ///   - role: what they may do.
    ///   - credential: what they signed in with.
    ///   - now: the database's clock.
    ///   - expiresAt: when it ends, whatever they do.
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

/// The sessions' side of a store.
public protocol SessionStore: Sendable {
    /// Keeps a session, and forgets those that have ended.
    func add(_ session: Session) async throws

    /// The session with this digest that has not ended, by the database's clock.
    ///
    /// - Parameters:
    ///   - digest: of what its holder shows.
    ///   - renews: whether its holder counts as seen now; `false` for what a page asks by itself.
    func session(_ digest: [UInt8], renews: Bool) async throws -> Session?

    /// Ends one session.
    func endSession(_ digest: [UInt8]) async throws

    /// Ends every session that somebody began with a credential.
    ///
    /// - Returns: how many.
    func endSessions(of name: String, credential: String) async throws -> Int
}

extension SessionStore {
    /// The session with this digest that has not ended; its holder counts as seen now.
    public func session(_ digest: [UInt8]) async throws -> Session? {
        try await self.session(digest, renews: true)
    }
}
