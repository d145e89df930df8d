package import Unstick

extension Administration {
    /// Makes an access token.
    ///
    /// - Returns: its text, which is known this once.
    /// - Throws: what ``StoredTokens/create(name:role:at:)`` throws.
    package func createToken(named name: String, role: Role) async throws -> String {
        // The audit entry must not take a name of any length.
        try Limits.checkID(name, "token's name")
        return try await self.perform(.createToken, name, detail: role.rawValue) {
            try await StoredTokens(store: self.store).create(name: name, role: role, at: self.store.now())
        }
    }

    /// Revokes an access token; one that is not there leaves no audit entry.
    ///
    /// - Throws: ``Unstick/UnstickError`` `notFound`.
    package func revokeToken(named name: String) async throws {
        let unknown = UnstickError(.notFound, "There is no token '\(name)' in force.")
        guard try await self.store.accessTokens().contains(where: { $0.name.isExactly(name) && $0.revokedAt == nil })
        else { throw unknown }
        try await self.perform(.revokeToken, name) {
            guard try await self.store.revokeAccessToken(named: name, at: self.store.now()) else { throw unknown }
        }
    }
}
