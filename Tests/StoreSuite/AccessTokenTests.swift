import Testing
import Unstick

@Suite("API keys in the store")
struct AccessTokenTests {
    private static func key(_ id: String, _ name: String) -> AccessToken {
        AccessToken(
            id: id,
            name: name,
            role: .admin,
            digest: [UInt8](repeating: UInt8(id.utf8.first ?? 0), count: 32),
            createdAt: Timestamp(milliseconds: 0)
        )
    }

    @Test("a name in force is refused to a second key, and the first one stays", arguments: StoreBackend.available)
    func conflict(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(Self.key("a", "ci"))
            let refused = await #expect(throws: UnstickError.self) { try await store.add(Self.key("b", "ci")) }
            #expect(refused?.code == .conflict)
            #expect(try await store.accessTokens().map(\.id) == ["a"])
            #expect(try await store.accessToken("a")?.digest == Self.key("a", "ci").digest)
            // Names differ by case and by spaces at their end.
            try await store.add(Self.key("c", "CI"))
            try await store.add(Self.key("d", "ci "))
            #expect(try await store.revokeAccessToken(named: "ci", at: Timestamp(milliseconds: 1)))
            try await store.add(Self.key("b", "ci"))
            #expect(
                try await store.accessTokens().filter { $0.revokedAt == nil }.map(\.id).sorted() == ["b", "c", "d"]
            )
        }
    }

    @Test("a key that is stored again, because its answer was lost, is stored once", arguments: StoreBackend.available)
    func again(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for _ in 0..<2 { try await store.add(Self.key("a", "ci")) }
            #expect(try await store.accessTokens().count == 1)
        }
    }
}
