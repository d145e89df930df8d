/// An API key as it is stored.
///
/// The store keeps the SHA-256 digest of the secret, not the secret.
public struct AccessToken: Hashable, Sendable {
    /// The public part, by which the key is found.
    public var id: String
    /// The name of the key, unique among the keys in force.
    public var name: String
    /// The role of the key.
    public var role: Role
    /// SHA-256 of the whole key, 32 bytes.
    public var digest: [UInt8]
    /// When it was created.
    public var createdAt: Timestamp
    /// When it was revoked.
    public var revokedAt: Timestamp?

    /// Makes an API key from its stored fields.
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

/// The role of a store that keeps API keys.
public protocol AccessTokenStore: Sendable {
    /// Stores an API key.
    ///
    /// - Throws: ``UnstickError`` `conflict` when a key of that name is in force.
    func add(_ token: AccessToken) async throws

    /// The API key with this public part, revoked or not.
    func accessToken(_ id: String) async throws -> AccessToken?

    /// All API keys, oldest first.
    func accessTokens() async throws -> [AccessToken]

    /// Revokes the API key of this name.
    ///
    /// - Returns: whether a key of this name was in force.
    func revokeAccessToken(named name: String, at now: Timestamp) async throws -> Bool
}
