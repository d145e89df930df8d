public import Unstick

extension SQLStore {
    /// Stores an API key; a name is taken once.
    public func add(_ token: AccessToken) async throws {
        do {
            try await self.engine.write(ifUnknown: .repeatIt) { transaction in
                // An attempt whose answer was lost may have stored it.
                let stored = try transaction.run(AccessTokenStatements.find, ["id": .text(token.id)])
                guard stored.rows.isEmpty else { return }
                _ = try transaction.run(AccessTokenStatements.insert, token.arguments)
            }
        } catch let error as UnstickError where error.code == .databaseRejected {
            throw UnstickError(
                .conflict,
                "There is already an API key named '\(token.name)'. Revoke it first, or choose another name."
            )
        }
    }

    /// The API key with this public part.
    public func accessToken(_ id: String) async throws -> AccessToken? {
        try await self.query(AccessTokenStatements.find, ["id": .text(id)]) { try AccessToken(row: $0) }.first
    }

    /// All API keys, oldest first.
    public func accessTokens() async throws -> [AccessToken] {
        try await self.query(AccessTokenStatements.list) { try AccessToken(row: $0) }
    }

    /// Revokes the API key of this name.
    public func revokeAccessToken(named name: String, at now: Timestamp) async throws -> Bool {
        try await self.execute(
            AccessTokenStatements.revoke,
            ["name": .text(name), "now": .integer(now.milliseconds)]
        ) == 1
    }
}
