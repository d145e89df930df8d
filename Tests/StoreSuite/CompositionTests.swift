import Testing
import Unstick

@Suite("Unicode composition of user ids")
struct CompositionTests {
    /// Equal for Swift's `==`, different for every database.
    private static let users = ["ren\u{e9}", "rene\u{301}"]

    private func job(_ number: Int, _ user: String, key: String? = nil) -> NewJob {
        NewJob(id: "job-\(number)", userID: user, kind: user, tier: user, tokensCost: 5, idempotencyKey: key)
    }

    @Test("they are two accounts in every call", arguments: StoreBackend.available)
    func accounts(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let (one, other) = (Self.users[0], Self.users[1])
            let tokens = TokenBalanceManager(store: store)
            let jobs = JobLifecycle(store: store)
            try await tokens.addTokens(50, to: one, key: "k")
            try await tokens.addTokens(70, to: other, key: "k")
            try await jobs.create(self.job(1, one, key: "key"))

            // The same id or key for the other user is another job.
            for job in [self.job(1, other), self.job(2, other, key: "key")] {
                let error = await #expect(throws: UnstickError.self) { try await jobs.create(job) }
                #expect(error?.code == .conflict)
            }
            var tierOnly = self.job(1, one, key: "key")
            tierOnly.tier = other
            await #expect(throws: UnstickError.self) { try await jobs.create(tierOnly) }
            #expect(try await jobs.create(self.job(1, one, key: "key")).job.id == "job-1")
            #expect(try await tokens.balance(of: one) == 45)
            #expect(try await tokens.balance(of: other) == 70)

            // The other user cannot cancel it either.
            #expect(try await jobs.cancel("job-1", userID: other) == .missing)
            #expect(try await store.status("job-1") == .pending)
            guard case .moved = try await jobs.cancel("job-1", userID: one) else { throw WrongOutcome() }
            #expect(try await tokens.balance(of: one) == 50)

            // A booking for one job does not affect the other.
            try await tokens.consumeTokens(3, from: one, for: one)
            try await tokens.consumeTokens(3, from: one, for: other)
            #expect(try await tokens.balance(of: one) == 44)
            #expect(try await tokens.balance(of: other) == 70)
            #expect(try await store.transactions(of: other, before: nil, limit: 10).count == 1)
            try await store.expectClean()
        }
    }

    @Test("a run continues after a job whose id differs in composition only", arguments: StoreBackend.available)
    func cursor(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(Self.users.map { JobFixture(id: $0) })
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 1, drain: true))
            #expect(result.cleanedUp == 2 && result.tokensRefunded == 16)
            try await store.expectClean()
        }
    }

    @Test("a claim of two kinds takes both", arguments: StoreBackend.available)
    func kinds(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = JobLifecycle(store: store)
            for (number, user) in Self.users.enumerated() {
                try await TokenBalanceManager(store: store).addTokens(5, to: user)
                try await jobs.create(self.job(number, user))
            }
            let claimed = try await jobs.claim(kinds: Self.users, limit: 10)
            #expect(claimed.count == 2)
            #expect(Set(claimed.map { Array($0.userID.utf8) }).count == 2)
        }
    }

    @Test("one run refunds both, each its own tokens, and counts two kinds", arguments: StoreBackend.available)
    func run(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                Self.users.enumerated().flatMap { number, user in
                    (0..<2).map { JobFixture(id: "\(user)-\($0)", user: user, kind: user, cost: 3 + number) }
                }
            )
            let cleaner = Cleaner(store)
            #expect(try await cleaner.overview().kinds.map(\.jobs) == [2, 2])
            #expect(try await cleaner.preview(CleanupOptions(kinds: [Self.users[1]]), listed: 10).jobs.count == 2)
            let result = try await cleaner.cleanupStuckJobs()
            #expect(result.cleanedUp == 4 && result.failed == 0 && result.tokensRefunded == 14)
            #expect(try await store.balance(of: Self.users[0]) == 6)
            #expect(try await store.balance(of: Self.users[1]) == 8)
            try await store.expectClean()
        }
    }

    @Test("a rule for one kind does not apply to the other", arguments: StoreBackend.available)
    func rules(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(Self.users.map { JobFixture(id: $0, kind: $0) })
            let rule = Rule(name: "one", kinds: [Pattern(Self.users[0])], timeout: .seconds(3600))
            let result = try await Cleaner(store, by: Policy(rules: [rule])).cleanupStuckJobs()
            #expect(result.jobs.map { Array($0.id.utf8) } == [Array(Self.users[1].utf8)])
        }
    }

    private struct WrongOutcome: Error {}
}
