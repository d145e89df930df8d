/// A stored credential.
///
/// The secret itself is not kept, only its SHA-256 digest.
public struct AccessToken: Hashable, Sendable {
    /// The public part, by which it is found.
    public var id: String
    /// Who it was made for, unique among those not revoked.
    public var name: String
    /// What it allows.
    public var role: Role
    /// SHA-256 of the whole token, 32 bytes.
    public var digest: [UInt8]
    /// When it was made.
    public var createdAt: Timestamp
    /// When it was withdrawn.
    public var revokedAt: Timestamp?

    /// Makes a credential from its stored facts.
    public init(
        id: String,
        name: String,
        role: Role,
        digest: [UInt8],
        createdAt: Timestamp,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.digest = digest
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}

/// The credentials side of a store.
public protocol AccessTokenStore: Sendable {
    /// Keeps a credential.
    ///
    /// - Throws: ``UnstickError`` `conflict` when a credential of that name is in force.
    func add(_ token: AccessToken) async throws

    /// The credential with this public part, revoked or not.
    func accessToken(_ id: String) async throws -> AccessToken?

    /// All credentials, oldest first.
    func accessTokens() async throws -> [AccessToken]

    /// Withdraws the credential of this name.
    ///
    /// - Returns: whether there was one in force.
    func revokeAccessToken(named name: String, at now: Timestamp) async throws -> Bool
}
