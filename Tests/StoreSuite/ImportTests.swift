import Testing
import Unstick

@Suite("Import")
struct ImportTests {
    @Test("jobs are charged from an opening balance of the same sum", arguments: StoreBackend.available)
    func opening(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "a", cost: 5, status: .completed),
                JobFixture(id: "b", cost: 3, status: .failed),
                JobFixture(id: "c", cost: 0),
                JobFixture(id: "d", user: "grace", cost: 9, status: .pending)
            )
            #expect(try await store.balance(of: "ada") == 0)
            let lines = try await store.transactions(of: "ada", before: nil, limit: 10)
            #expect(lines.map(\.kind) == [.spend, .spend, .adjustment] && lines.map(\.amount).reduce(0, +) == 0)
            #expect(lines[2].amount == 8 && Set(lines.compactMap(\.sourceID)).isSuperset(of: ["a", "b"]))
            #expect(try await store.job("d")?.status == .pending)
            try await store.expectClean()
        }
    }

    @Test("importing again changes nothing; new jobs are added", arguments: StoreBackend.available)
    func again(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            try await TokenBalanceManager(store: store).addTokens(50, to: "ada")
            func run(_ ids: [String]) async throws -> ImportSummary {
                let batch = try await store.beginImport()
                _ = try await batch.stage(ids.map { JobFixture(id: $0, cost: 4).job(asOf: now) })
                return try await batch.commit { _, _ in }
            }
            let first = ImportSummary(imported: 2, alreadyThere: 0, users: 1, tokensCharged: 8)
            #expect(try await run(["a", "b"]) == first)
            #expect(try await run(["a", "b"]) == ImportSummary(alreadyThere: 2))
            let third = ImportSummary(imported: 1, alreadyThere: 1, users: 1, tokensCharged: 4)
            #expect(try await run(["b", "c"]) == third)
            #expect(try await store.balance(of: "ada") == 50)
            try await store.expectClean()
        }
    }

    @Test(
        "a stopped import keeps whole users, and continues when it runs again",
        arguments: StoreBackend.available
    )
    func stopped(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            func run(stopping: Bool) async throws -> ImportSummary {
                let batch = try await store.beginImport()
                for user in ["ada", "grace", "radia"] {
                    let jobs = (0..<11_000).map { JobFixture(id: "\(user)-\($0)", user: user, cost: 1).job(asOf: now) }
                    _ = try await batch.stage(jobs)
                }
                return try await Task {
                    try await batch.commit { _, _ in if stopping { withUnsafeCurrentTask { $0?.cancel() } } }
                }.value
            }
            let first = try await run(stopping: true)
            #expect(first.imported > 0 && first.left > 0 && first.imported + first.left == 33_000)
            try await store.expectClean()
            let rest = try await run(stopping: false)
            #expect(rest.imported == first.left && rest.alreadyThere == first.imported && rest.left == 0)
            try await store.expectClean()
        }
    }

    @Test(
        "of several rows with one id the first counts, and the others are reported",
        arguments: StoreBackend.available
    )
    func duplicates(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let batch = try await store.beginImport()
            func row(_ line: Int, _ id: String, _ user: String) -> ImportRow {
                ImportRow(line: line, job: JobFixture(id: id, user: user).job(asOf: now))
            }
            let first = try await batch.stage([row(2, "a", "ada"), row(3, "b", "ada"), row(4, "a", "grace")])
            #expect(first == [RepeatedRow(id: "a", line: 4, firstLine: 2)])
            #expect(try await batch.stage([row(5, "c", "ada")]) == [])
            let last = try await batch.stage([row(6, "b", "grace"), row(7, "a", "linus"), row(9, "d", "ada")])
            #expect(
                last == [RepeatedRow(id: "b", line: 6, firstLine: 3), RepeatedRow(id: "a", line: 7, firstLine: 2)]
            )
            #expect(try await batch.commit { _, _ in }.imported == 4)
            for id in ["a", "b"] { #expect(try await store.job(id)?.userID == "ada") }
        }
    }

    @Test("ids that differ in composition only are two jobs of two users", arguments: StoreBackend.available)
    func compositions(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let batch = try await store.beginImport()
            let texts = ["caf\u{e9}", "cafe\u{301}"]
            let repeated = try await batch.stage(texts.map { JobFixture(id: $0, user: $0, cost: 3).job(asOf: now) })
            #expect(repeated == [])
            let summary = try await batch.commit { _, _ in }
            #expect(summary == ImportSummary(imported: 2, users: 2, tokensCharged: 6))
            for text in texts {
                let job = try #require(try await store.job(text))
                #expect(job.id.utf8.elementsEqual(text.utf8) && job.userID.utf8.elementsEqual(text.utf8))
            }
            try await store.expectClean()
        }
    }

    @Test("rows that are staged and not committed leave nothing", arguments: StoreBackend.available)
    func discarded(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let dropped = try await store.beginImport()
            _ = try await dropped.stage([JobFixture(id: "a").job(asOf: now)])
            try await dropped.discard()
            let forgotten = try await store.beginImport()
            _ = try await forgotten.stage([JobFixture(id: "b").job(asOf: now)])
            let empty = try await store.beginImport()
            #expect(try await empty.commit { _, _ in } == ImportSummary())
            #expect(try await store.jobs(JobFilter(), after: nil, limit: 5).rows.isEmpty)
        }
    }

    @Test("charges that no balance can hold are refused before anything is booked", arguments: StoreBackend.available)
    func overcharged(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let batch = try await store.beginImport()
            _ = try await batch.stage([
                JobFixture(id: "a", user: "ada", cost: 5).job(asOf: now),
                JobFixture(id: "b", user: "rich", cost: Limits.tokens).job(asOf: now),
                JobFixture(id: "c", user: "rich", cost: 1).job(asOf: now),
            ])
            let error = await #expect(throws: UnstickError.self) { try await batch.commit { _, _ in } }
            #expect(error?.code == .invalidInput && error?.message.contains("'rich'") == true)
            #expect(try await store.job("a") == nil)
        }
    }

    @Test("many users are booked in groups, with progress to the end", arguments: StoreBackend.available)
    func groups(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let batch = try await store.beginImport()
            let jobs = (0..<45_000).map {
                JobFixture(id: "job-\($0)", user: "user-\($0 % 9000)", cost: 2).job(asOf: now)
            }
            _ = try await batch.stage(jobs)
            nonisolated(unsafe) var steps: [Int] = []
            let summary = try await batch.commit { done, total in
                #expect(total == 45_000)
                steps.append(done)
            }
            #expect(steps.count == 3 && steps.last == 45_000 && steps == steps.sorted())
            #expect(summary == ImportSummary(imported: 45_000, users: 9000, tokensCharged: 90_000))
            try await store.expectClean()
        }
    }
}
