extension Administration {
    /// Ends a session of the admin UI.
    ///
    /// - Parameter session: the session; `nil` where the user signs in with every request.
    package func signOut(_ session: Session?) async throws {
        try await self.perform(.signOut) {
            if let session { try await self.store.endSession(session.digest) }
        }
    }

    /// Ends every session that the actor began with a credential.
    package func signOutEverywhere(credential: String) async throws {
        _ = try await self.perform(.signOut, detail: "everywhere", outcome: \.ended) {
            try await self.store.endSessions(of: self.actor.name, credential: credential)
        }
    }
}

extension Int {
    /// Describes the outcome.
    fileprivate var ended: String { self.of("session") + " ended" }
}
