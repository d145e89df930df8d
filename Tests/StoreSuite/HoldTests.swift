import TestSupport
import Testing
import Unstick

@Suite("holds")
struct HoldTests {
    private func jobs(
        _ count: Int,
        _ prefix: String,
        kind: String = "image",
        started: Duration = .seconds(600)
    ) -> [JobFixture] {
        (0..<count).map {
            JobFixture(id: "\(prefix)-\($0)", user: "\(prefix)-\($0 % 3)", kind: kind, started: started)
        }
    }

    private func open(in store: any Store) async throws -> Hold {
        try #require(try await store.holds(.open, limit: 10).first)
    }

    @Test("jobs of a restored backup stay held, whatever starts after them", arguments: StoreBackend.available)
    func undiluted(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["hold.opened", "cleanup.held"]))
            try await store.add(self.jobs(100, "old"))
            let first = try await Cleaner(store).cleanupStuckJobs()
            #expect(first.held?.contains("100 of 100 running jobs") == true && first.heldCount == 100)
            #expect(try await store.run(first.runID)?.status == .held)
            #expect(!first.waitsForSchedule, "runs for other jobs start")
            let hold = try await self.open(in: store)
            #expect(hold.scope == .jobs && hold.jobs == 100 && hold.seenAt == nil)
            #expect(try await store.takeAll().map(\.type).sorted() == ["cleanup.held", "hold.opened"])
            // 101 new ones would make the share of the old ones plausible.
            try await store.add(self.jobs(101, "new", started: .seconds(1)) + self.jobs(2, "dead"))
            for force in [false, true, false] {
                let run = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: force))
                #expect(run.heldCount == 100 && run.cleanedUp == run.totalFound && run.held == nil)
                #expect(try await store.run(run.runID)?.status == .completed, "it has nothing else to do")
            }
            #expect(try await store.holds(nil, limit: 10).count == 1, "one hold")
            #expect(try await store.status("old-0") == .processing)
            #expect(try await store.status("dead-0") == .failed)
            #expect(try await Cleaner(store).findStuckJobs().isEmpty)
            #expect(try await store.heldJobs(of: hold.id, limit: 500).count == 100)
            try await store.expectClean()
        }
    }

    @Test("approved jobs are cleaned by the next run, without a question", arguments: StoreBackend.available)
    func approved(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(30, "old"))
            try await Cleaner(store).cleanupStuckJobs()
            let admin = Administration(store: store, actor: Actor(name: "ada", channel: .cli))
            let id = try await self.open(in: store).id
            guard case .decided(let hold) = try await admin.approveHold(id) else {
                Issue.record("an open hold is approved")
                return
            }
            #expect(hold.state == .approved && hold.decidedBy == "ada")
            guard case .refused = try await admin.clearHold(id) else {
                Issue.record("a decided hold is not open")
                return
            }
            #expect(try await admin.approveHold("none") == .missing)
            let run = try await Cleaner(store).cleanupStuckJobs()
            #expect(run.cleanedUp == 30 && run.held == nil && run.heldCount == 0 && run.tokensRefunded == 240)
            #expect(try await store.holds(.open, limit: 10).isEmpty)
            try await store.expectClean()
        }
    }

    @Test("cleared jobs are judged anew, and held again if they still look wrong", arguments: StoreBackend.available)
    func cleared(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(20, "old"))
            try await Cleaner(store).cleanupStuckJobs()
            let admin = Administration(store: store, actor: Actor(name: "ada", channel: .cli))
            _ = try await admin.clearHold(try await self.open(in: store).id)
            #expect(try await Cleaner(store).findStuckJobs().count == 20)
            #expect(try await Cleaner(store).cleanupStuckJobs().heldCount == 20)
            #expect(try await store.holds(nil, limit: 10).map(\.state) == [.open, .cleared])
        }
    }

    @Test("a hold ends when its jobs are gone, and a new attempt is not in it", arguments: StoreBackend.available)
    func ended(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(20, "old"))
            try await Cleaner(store).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store)
            for index in 0..<19 { try await jobs.complete("old-\(index)", attempt: 1) }
            #expect(try await Cleaner(store).cleanupStuckJobs().heldCount == 1)
            #expect(try await store.holds(.open, limit: 10).count == 1)
            try await jobs.complete("old-19", attempt: 1)
            let last = try await Cleaner(store).cleanupStuckJobs()
            #expect(last.heldCount == 0 && last.attention == nil)
            #expect(try await store.holds(nil, limit: 10).map(\.state) == [.ended])
        }
    }

    @Test("only the kind is held of which most jobs look stuck", arguments: StoreBackend.available)
    func ofKind(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(60, "good", kind: "image", started: .seconds(1)))
            try await store.add(self.jobs(3, "dead", kind: "image") + self.jobs(25, "slow", kind: "video"))
            let run = try await Cleaner(store).cleanupStuckJobs()
            #expect(run.cleanedUp == 3 && run.heldCount == 25 && run.held == nil)
            #expect(run.message.hasSuffix("; 25 are held: 'unstick holds' shows why"))
            #expect(try await self.open(in: store).reason.contains("'video'"))
            try await store.expectClean()
        }
    }

    @Test("500 waiting jobs are held when no worker runs", arguments: StoreBackend.available)
    func waiting(backend: StoreBackend) async throws {
        let policy = Policy(standard: Rule(timeout: .seconds(300), pendingTimeout: .seconds(60)))
        try await backend.withStore { store in
            try await store.add(
                (0..<500).map {
                    JobFixture(id: "w-\($0)", status: .pending, attempt: 0, started: nil, updated: .seconds(120))
                }
            )
            let run = try await Cleaner(store, by: policy).cleanupStuckJobs(CleanupOptions(kinds: ["image"]))
            #expect(run.heldCount == 500 && run.cleanedUp == 0)
            #expect(try await self.open(in: store).reason.hasPrefix("500 of 500 waiting jobs"))
            // A worker starts: it gets them, and none of the hold is left.
            let jobs = JobLifecycle(store: store, policy: PolicySource(policy))
            #expect(try await jobs.claim(kinds: ["image"], limit: 100).count == 100)
            #expect(try await Cleaner(store, by: policy).cleanupStuckJobs().heldCount == 400)
        }
    }

    @Test("a dry run shows what it would hold, and holds nothing", arguments: StoreBackend.available)
    func dryRun(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(20, "old"))
            let run = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(run.totalFound == 20 && run.held != nil && run.heldCount == 0)
            #expect(try await store.holds(nil, limit: 10).isEmpty)
        }
    }

    @Test("five late completions hold their kind until an operator decides", arguments: StoreBackend.available)
    func evidence(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["hold.opened"]))
            try await store.add(self.jobs(5, "slow", kind: "video") + self.jobs(50, "good", started: .seconds(1)))
            try await Cleaner(store).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store)
            for index in 0..<4 { try await jobs.complete("slow-\(index)", attempt: 1) }
            #expect(try await store.holds(nil, limit: 10).isEmpty)
            try await jobs.complete("slow-4", attempt: 1)
            let hold = try await self.open(in: store)
            #expect(hold.scope == .kind && hold.kind == "video")
            #expect(try await store.takeAll().map(\.type) == ["hold.opened"])
            // Jobs of the kind wait, also later ones; other kinds are cleaned.
            try await store.add(self.jobs(3, "later", kind: "video") + self.jobs(2, "dead"))
            let held = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
            #expect(held.cleanedUp == 2 && held.heldCount == 3)
            // An approval covers those that are stuck now; later ones are judged by the usual questions.
            let admin = Administration(store: store, actor: Actor(name: "ada", channel: .cli))
            _ = try await admin.approveHold(hold.id)
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 3)
            try await store.add(self.jobs(1, "last", kind: "video"))
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 1)
            // Evidence from before the decision does not count again.
            try await jobs.complete("last-0", attempt: 1)
            #expect(try await store.holds(.open, limit: 10).isEmpty)
            try await store.expectClean()
        }
    }

    @Test("a drain that began before a hold leaves its jobs", arguments: StoreBackend.available)
    func duringDrain(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(40, "a", kind: "video"))
            let now = try await store.now()
            let batch = CleanupBatch.fixture(limit: 10, at: now)
            #expect(try await store.clean(batch).items.count == 10)
            let hold = NewHold(.all, reason: "Too many.")
            #expect(try await store.openHold(hold, asOf: now, .timeout())?.jobs == 30)
            var next = batch
            next.position = 10
            #expect(try await store.clean(next).items.isEmpty)
            try await store.expectClean()
        }
    }

    @Test("a job that starts again is in no hold and in no approval of before", arguments: StoreBackend.available)
    func requeued(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(20, "old"))
            try await Cleaner(store).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store)
            for index in 0..<20 {
                try await jobs.cancel("old-\(index)")
                try await jobs.requeue("old-\(index)")
            }
            #expect(try await Cleaner(store).cleanupStuckJobs().heldCount == 0)
            #expect(try await store.holds(nil, limit: 10).map(\.state) == [.ended])
            #expect(try await store.heldJobs(of: store.holds(nil, limit: 1)[0].id, limit: 10).isEmpty)
        }
    }

    @Test("due runs do not start for held jobs, and start for approved ones", arguments: StoreBackend.available)
    func due(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(20, "old", started: .seconds(299)))
            let cleaner = Cleaner(store)
            #expect(try await cleaner.nextDue(after: Timestamp(milliseconds: 0)) != nil)
            try await cleaner.cleanupStuckJobs(CleanupOptions(timeout: .seconds(60)))
            #expect(try await store.holds(.open, limit: 10).count == 1)
            #expect(try await cleaner.nextDue(after: Timestamp(milliseconds: 0)) == nil)
            let before = try await store.now() - .milliseconds(1)
            try await store.approveHolds()
            #expect(try await cleaner.nextDue(after: before) != nil)
        }
    }

    @Test("a timer's call fails until an operator has looked", arguments: StoreBackend.available)
    func attention(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(self.jobs(20, "old"))
            for _ in 1...2 { #expect(try await Cleaner(store).cleanupStuckJobs().attention != nil) }
            try await store.markHoldsSeen()
            #expect(try await Cleaner(store).cleanupStuckJobs().attention == nil)
            #expect(try await self.open(in: store).seenAt != nil)
        }
    }
}
