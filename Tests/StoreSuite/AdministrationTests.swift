import Testing
import Unstick

@Suite("Administration of a store")
struct AdministrationTests {
    private static let actor = Actor(name: "grace", onBehalfOf: "ops", role: .operator, channel: .api)

    @Test(
        "the ledger lines of an administrator's action have the administrator's name",
        arguments: StoreBackend.available
    )
    func lines(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let administration = Administration(store: store, actor: Self.actor)
            _ = try await administration.grant(10, to: "ada", key: "k", source: "admin", reason: nil)
            _ = try await administration.adjust(-2, of: "ada", key: "k", source: "admin", reason: "typo")
            _ = try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 8))
            _ = try await administration.change("job", .cancel, reason: nil)
            _ = try await administration.change("job", .retry, reason: nil)
            _ = try await store.start("job")
            _ = try await administration.change("job", .fail, reason: "late")
            let lines = try await store.transactions(of: "ada", before: nil, limit: 10).reversed()
            let actor = #""actor":"grace","onBehalfOf":"ops""#
            #expect(
                lines.map(\.metadata).map { $0.filter { $0 != " " } } == [
                    "{\(actor)}", #"{\#(actor),"reason":"typo"}"#, "{}",
                    #"{\#(actor),"reason":"Askedforbygraceonbehalfofops"}"#, "{\(actor)}",
                    #"{\#(actor),"reason":"late"}"#,
                ]
            )
            try await store.expectClean()
        }
    }

    @Test("an action that throws has its outcome, and one on an unknown job has no entry")
    func outcomes() async throws {
        try await StoreBackend.available[0].withStore { store in
            let administration = Administration(store: store, actor: Self.actor)
            #expect(try await administration.change("none", .retry, reason: nil) == .missing)
            #expect(try await administration.cancel("none", userID: nil, message: nil) == .missing)
            await #expect(throws: UnstickError.self) {
                try await administration.adjust(-1, of: "ada", key: "k", source: "admin", reason: "typo")
            }
            let log = try await store.auditEntries(AuditFilter(), before: nil, limit: 9).rows
            #expect(log.map(\.act.action) == [.adjustTokens])
            #expect(log.first?.act.detail == "on behalf of ops: −1: typo")
            #expect(log.first?.outcome?.hasPrefix("refused: 'ada' has 0 tokens") == true)
        }
    }
}
