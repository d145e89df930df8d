public import Unstick

/// The API keys of `unstick key create`: `unstick_<id>_<secret>`, of which the store keeps the digest.
public struct StoredTokens: Authenticator {
    private let store: any AccessTokenStore

    /// Makes the authenticator over a store.
    public init(store: any AccessTokenStore) {
        self.store = store
    }

    /// Creates an API key.
    ///
    /// Its text is returned only here.
    ///
    /// - Parameters:
    ///   - name: its name; 1 to 64 letters, digits, dots, hyphens and underscores.
    ///   - role: its role.
    ///   - now: the database's clock.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument`, or `conflict` when the name is taken.
    public func create(name: String, role: Role, at now: Timestamp) async throws -> String {
        guard 1...64 ~= name.utf8.count,
            name.utf8.allSatisfy({
                $0 < 128 && (Character(Unicode.Scalar($0)).isLetter || 48...57 ~= $0 || [45, 46, 95].contains($0))
            })
        else {
            throw UnstickError(
                .invalidArgument,
                "The name of an API key has 1 to 64 letters, digits, dots, hyphens or underscores."
            )
        }
        try Limits.checkNewID(name, "API key's name")
        let id = SecretDigest.random(8)
        let text = "unstick_\(id)_\(SecretDigest.random(32))"
        try await self.store.add(
            AccessToken(id: id, name: name, role: role, digest: SecretDigest.sha256(text), createdAt: now)
        )
        return text
    }

    /// Identifies the caller by the secret.
    public func authenticate(bearer token: String) async throws -> Principal? {
        guard let id = Self.id(of: token) else { return nil }
        let digest = SecretDigest.sha256(token)
        guard let known = try await self.store.accessToken(id),
            SecretDigest.equal(known.digest, digest), known.revokedAt == nil
        else { return nil }
        return Principal(name: known.name, role: known.role, credential: Self.credential(of: known.id))
    }

    /// Whether the API key is not revoked.
    public func vouches(for credential: String, role: Role) async throws -> Bool {
        guard credential.hasPrefix(Self.prefix) else { return false }
        let known = try await self.store.accessToken(String(credential.dropFirst(Self.prefix.count)))
        return known?.revokedAt == nil && known?.role == role
    }

    /// Whether an API key in force may view.
    public var canAccept: Bool {
        get async throws {
            try await self.store.accessTokens().contains { $0.revokedAt == nil && $0.role.has(.view) }
        }
    }

    private static let prefix = "token:"

    /// The credential of callers with the API key of this public part.
    package static func credential(of id: String) -> String { Self.prefix + id }

    /// The public part of a key's text; `nil` for any other text.
    package static func id(of token: String) -> String? {
        let parts = token.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "unstick", parts[1].count == 16 else { return nil }
        return String(parts[1])
    }
}

extension Administration {
    /// Makes an API key.
    ///
    /// - Returns: its text, which is returned only here.
    /// - Throws: what ``StoredTokens/create(name:role:at:)`` throws.
    package func createToken(named name: String, role: Role) async throws -> String {
        // The audit entry must not contain a name of any length.
        try Limits.checkID(name, "name of an API key")
        return try await self.perform(.createToken, name, detail: role.rawValue) {
            try await StoredTokens(store: self.store).create(name: name, role: role, at: self.store.now())
        }
    }

    /// Revokes an API key; one that is not there leaves no audit entry.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `notFound`.
    package func revokeToken(named name: String) async throws {
        let unknown = UnstickError(.notFound, "There is no API key '\(name)' in force.")
        guard try await self.store.accessTokens().contains(where: { $0.name.isExactly(name) && $0.revokedAt == nil })
        else { throw unknown }
        try await self.perform(.revokeToken, name) {
            guard try await self.store.revokeAccessToken(named: name, at: self.store.now()) else { throw unknown }
        }
    }
}
