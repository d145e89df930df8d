public import Unstick

/// The tokens that `unstick token create` makes: `unstick_<id>_<secret>`, of which the store keeps the digest.
public struct StoredTokens: Authenticator {
    private let store: any AccessTokenStore

    /// Makes the authenticator over a store.
    public init(store: any AccessTokenStore) {
        self.store = store
    }

    /// Makes a token.
    ///
    /// This is the only time its text is known.
    ///
    /// - Parameters:
    ///   - name: who it is for; 1 to 64 letters, digits, dots, hyphens and underscores.
    ///   - role: what it allows.
    ///   - now: the database's clock.
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument`, or `conflict` when the name is taken.
    public func create(name: String, role: Role, at now: Timestamp) async throws -> String {
        guard 1...64 ~= name.utf8.count,
            name.utf8.allSatisfy({
                $0 < 128 && (Character(Unicode.Scalar($0)).isLetter || 48...57 ~= $0 || [45, 46, 95].contains($0))
            })
        else {
            throw UnstickError(
                .invalidArgument,
                "A token's name has 1 to 64 letters, digits, dots, hyphens or underscores."
            )
        }
        let id = Self.random(8)
        let text = "unstick_\(id)_\(Self.random(32))"
        try await self.store.add(
            AccessToken(id: id, name: name, role: role, digest: SecretDigest.sha256(text), createdAt: now)
        )
        return text
    }

    /// Tells who it is by the secret.
    public func authenticate(bearer token: String) async throws -> Principal? {
        let parts = token.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "unstick", parts[1].count == 16 else { return nil }
        let digest = SecretDigest.sha256(token)
        guard let known = try await self.store.accessToken(String(parts[1])),
            SecretDigest.equal(known.digest, digest), known.revokedAt == nil
        else { return nil }
        return Principal(name: known.name, role: known.role)
    }

    /// Random bytes from the system's generator, in hexadecimal.
    private static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        return String((0..<count * 2).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
    }
}
