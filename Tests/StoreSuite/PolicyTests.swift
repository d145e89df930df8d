import Foundation
import TestSupport
import Testing
import Unstick

@Suite("Policy")
struct PolicyTests {
    private func clean(
        _ store: any Store,
        by policy: Policy,
        _ options: CleanupOptions = CleanupOptions()
    ) async throws -> CleanupResult {
        try await Cleaner(store, by: policy).cleanupStuckJobs(options)
    }

    /// The first run that finds a job; less than a millisecond may have passed since it started.
    private func cleanOnceStuck(_ store: any Store, by policy: Policy) async throws -> CleanupResult {
        while true {
            let result = try await self.clean(store, by: policy)
            if result.totalFound > 0 { return result }
        }
    }

    private func items(_ store: any Store, _ result: CleanupResult) async throws -> [RunItem] {
        try await store.items(of: result.runID, after: 0, limit: 100)
    }

    @Test(
        "the first rule that matches kind and tier applies, otherwise the standard one",
        arguments: StoreBackend.available
    )
    func firstMatch(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let policy = Policy(rules: [
                Rule(name: "large videos", kinds: ["video-*"], tiers: ["TIER_4K"], timeout: .seconds(3600)),
                Rule(name: "videos", kinds: ["video-*"], timeout: .seconds(900)),
                Rule(name: "never", kinds: ["manual"], timeout: nil),
            ])
            try await store.add(
                JobFixture(id: "a", kind: "video-x", tier: "TIER_4K", started: .seconds(3000)),
                JobFixture(id: "b", kind: "video-x", tier: "TIER_4K", started: .seconds(3700)),
                JobFixture(id: "c", kind: "video-x", tier: "TIER_1K", started: .seconds(1000)),
                JobFixture(id: "d", kind: "video-x", tier: nil, started: .seconds(800)),
                JobFixture(id: "e", kind: "image", started: .seconds(301)),
                JobFixture(id: "f", kind: "manual", started: .seconds(900_000))
            )
            let result = try await self.clean(store, by: policy)
            #expect(Set(result.jobs.map(\.id)) == ["b", "c", "e"])
            let rules = try await self.items(store, result).map { "\($0.jobID) \($0.stuckReason.rule)" }
            #expect(Set(rules) == ["b large videos", "c videos", "e default"])
            #expect(try await store.status("f") == .processing)
            try await store.expectClean()
        }
    }

    @Test("a request's timeout overrides the timeout of every rule", arguments: StoreBackend.available)
    func override(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "a", kind: "slow", started: .seconds(100)))
            let policy = Policy(rules: [Rule(name: "slow", kinds: ["slow"], timeout: nil)])
            #expect(try await self.clean(store, by: policy).totalFound == 0)
            #expect(try await self.clean(store, by: policy, CleanupOptions(timeout: .seconds(60))).cleanedUp == 1)
        }
    }

    @Test(
        "the job of a silent worker is stuck, one with heartbeats is not, at any age",
        arguments: StoreBackend.available
    )
    func heartbeats(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let policy = Policy(standard: Rule(timeout: nil, heartbeatTimeout: .seconds(3600)))
            try await store.add(JobFixture(id: "silent", started: .seconds(5000)), JobFixture(id: "loud"))
            #expect(try await store.heartbeat([Heartbeat(jobID: "loud", attempt: 1)]) == [.alive])
            let result = try await self.clean(store, by: policy)
            let item = try #require(try await self.items(store, result).first)
            #expect(result.jobs.map(\.id) == ["silent"] && item.stuckReason.limit == .heartbeat)
            #expect(
                item.reason.hasPrefix("no heartbeat for \(item.stuckReason.measured.text), limit 1h"),
                "\(item.reason)"
            )
            // A heartbeat of an earlier attempt belongs to no worker.
            #expect(try await store.heartbeat([Heartbeat(jobID: "loud", attempt: 2)]) != [.alive])
        }
    }

    @Test("a job that was never started is stuck by its pending limit", arguments: StoreBackend.available)
    func pending(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let policy = Policy(standard: Rule(pendingTimeout: .seconds(3600)))
            try await store.add(
                JobFixture(id: "old", status: .pending, attempt: 0, started: nil, updated: .seconds(4000)),
                JobFixture(id: "new", status: .pending, attempt: 0, started: nil, updated: .seconds(60)),
                JobFixture(id: "running", started: .seconds(600))
            )
            #expect(try await self.clean(store, by: Policy()).jobs.map(\.id) == ["running"])
            let result = try await self.clean(store, by: policy)
            let item = try #require(try await self.items(store, result).first)
            #expect(result.jobs.map(\.id) == ["old"] && item.stuckReason.limit == .pending)
            #expect(item.reason.hasPrefix("pending for 1h"), "\(item.reason)")
            #expect(try await store.status("old") == .failed)
            #expect(try await store.status("new") == .pending)
            #expect(try await store.balance(of: "ada") == 16)
            try await store.expectClean()
        }
    }

    @Test("a deadline counts from the creation, and is final", arguments: StoreBackend.available)
    func deadline(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let rule = Rule(timeout: .seconds(300), deadline: .seconds(7200), retry: Retry(attempts: 9))
            try await store.add(
                JobFixture(id: "late", started: .seconds(8000)),
                JobFixture(id: "again", started: .seconds(400)),
                JobFixture(id: "waits", status: .pending, attempt: 1, started: nil, updated: .seconds(8000))
            )
            let result = try await self.clean(store, by: Policy(standard: rule))
            let actions = try await self.items(store, result).map {
                "\($0.jobID) \($0.action.rawValue) \($0.stuckReason.limit)"
            }
            #expect(
                Set(actions) == [
                    "late FAILED_AND_REFUNDED deadline", "again RETRIED timeout", "waits FAILED_AND_REFUNDED deadline",
                ]
            )
            try await store.expectClean()
        }
    }

    @Test(
        "a job that this run requeued is not checked by the rule of another waiting kind",
        arguments: StoreBackend.available
    )
    func putBackBesideOthers(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let policy = Policy(rules: [
                Rule(name: "again", kinds: ["again"], timeout: .seconds(300), retry: Retry(attempts: 9)),
                Rule(name: "waits", kinds: ["waits"], deadline: .seconds(600)),
            ])
            try await store.add(
                JobFixture(id: "again", kind: "again", started: .seconds(8000)),
                JobFixture(id: "waits", kind: "waits", status: .pending, started: nil, updated: .seconds(8000))
            )
            let result = try await self.clean(store, by: policy, CleanupOptions(drain: true))
            let actions = try await self.items(store, result).map { "\($0.jobID) \($0.action.rawValue)" }
            #expect(actions == ["again RETRIED", "waits FAILED_AND_REFUNDED"])
            #expect(try await store.job("again")?.status == .pending)
            try await store.expectClean()
        }
    }

    @Test(
        "a job is retried while attempts are left, keeps its charge, and is refunded once",
        arguments: StoreBackend.available
    )
    func retries(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var rule = Rule(retry: Retry(attempts: 2, backoff: .seconds(100), cap: .seconds(600)))
            try await store.add(JobFixture(id: "job", cost: 8))
            let first = try await self.clean(store, by: Policy(standard: rule))
            #expect(
                first.retried == 1 && first.cleanedUp == 0 && first.tokensRefunded == 0
                    && first.message == "Put 1 stuck jobs back into the queue to retry them"
            )
            let stored = try #require(try await store.run(first.runID))
            #expect(stored.cleanedUp == 0 && stored.retried == 1 && stored.reported == 0)
            let waiting = try #require(try await store.job("job"))
            #expect(waiting.status == .pending && waiting.attempt == 1 && waiting.timeouts == 1)
            let wait = waiting.availableAt - waiting.updatedAt
            #expect(.seconds(50)...Duration.seconds(100) ~= wait, "\(wait)")
            #expect(try await self.items(store, first)[0].retryAt == waiting.availableAt)
            #expect(try await store.claim(kinds: ["image"], worker: nil, limit: 5).isEmpty, "it waits")
            guard case .moved(let again) = try await store.start("job") else { return #expect(Bool(false)) }
            #expect(again.attempt == 2)
            #expect(try await store.complete("job", attempt: 1) == .refused(again))
            rule.timeout = .milliseconds(1)
            let second = try await self.cleanOnceStuck(store, by: Policy(standard: rule))
            #expect(second.retried == 0 && second.tokensRefunded == 8)
            try await store.expectClean()
        }
    }

    @Test("a job that times out again and again is quarantined", arguments: StoreBackend.available)
    func quarantine(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var policy = Policy(standard: Rule(retry: Retry(attempts: 100, backoff: .milliseconds(1)), quarantine: 2))
            try await store.add(JobFixture(id: "job", cost: 8))
            #expect(try await self.clean(store, by: policy).retried == 1)
            _ = try await store.start("job")
            policy.standard.timeout = .milliseconds(1)
            let result = try await self.cleanOnceStuck(store, by: policy)
            #expect(result.quarantined == 1 && result.tokensRefunded == 8)
            let quarantined = try #require(try await store.job("job"))
            #expect(quarantined.status == .failed && quarantined.quarantinedAt != nil && quarantined.timeouts == 2)
            guard case .moved(let back) = try await store.requeue("job", attempt: 2) else {
                return #expect(Bool(false))
            }
            #expect(back.status == .pending && back.quarantinedAt == nil && back.charge == 2)
            #expect(try await store.balance(of: "ada") == 0)
            try await store.expectClean()
        }
    }

    @Test("the refund: all, nothing, or the share that was not done", arguments: StoreBackend.available)
    func refunds(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "none", kind: "none", cost: 8),
                JobFixture(id: "part", kind: "part", cost: 10),
                JobFixture(id: "huge", user: "eve", kind: "part", cost: Limits.tokens)
            )
            _ = try await store.heartbeat([
                Heartbeat(jobID: "part", attempt: 1, progress: 0.25),
                Heartbeat(jobID: "huge", attempt: 1, progress: 0.5),
            ])
            let policy = Policy(rules: [
                Rule(name: "n", kinds: ["none"], refund: .none), Rule(name: "p", kinds: ["part"], refund: .byProgress),
            ])
            let result = try await self.clean(store, by: policy)
            let back = Dictionary(uniqueKeysWithValues: result.jobs.map { ($0.id, $0.tokensRefunded) })
            #expect(back == ["none": 0, "part": 8, "huge": Limits.tokens - Limits.tokens / 2])
            let none = try #require(try await store.job("none")?.errorMessage)
            let part = try #require(try await store.job("part")?.errorMessage)
            #expect(
                none.hasPrefix("Job timed out after 6") && none.hasSuffix("s. Automatically cleaned up."),
                "\(none)"
            )
            #expect(part.hasSuffix("s. Automatically cleaned up and tokens refunded."), "\(part)")
            try await store.expectClean()
        }
    }

    @Test("a dry run reports what the rules would do, and does nothing", arguments: StoreBackend.available)
    func dryRun(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "a", kind: "again", cost: 3),
                JobFixture(id: "b", kind: "quarantined", cost: 4),
                JobFixture(id: "c", cost: 5)
            )
            let policy = Policy(rules: [
                Rule(name: "r", kinds: ["again"], retry: Retry(attempts: 3)),
                Rule(name: "q", kinds: ["quarantined"], retry: Retry(attempts: 3), quarantine: 1),
            ])
            let result = try await self.clean(store, by: policy, CleanupOptions(dryRun: true))
            let actions = try await self.items(store, result).map {
                "\($0.jobID) \($0.action.rawValue) \($0.tokensOwed)"
            }
            #expect(Set(actions) == ["a WOULD_RETRY 0", "b WOULD_QUARANTINE 4", "c WOULD_FAIL 5"])
            #expect(
                result.tokensRefunded == 0 && result.tokensOwed == 9 && result.cleanedUp == 0 && result.retried == 1
                    && result.quarantined == 1
            )
            for id in ["a", "b", "c"] { #expect(try await store.status(id) == .processing) }
        }
    }

    @Test("a refund over the limit of a run holds it", arguments: StoreBackend.available)
    func maxRefund(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<5).map { JobFixture(id: "job-\($0)", cost: 10) })
            let policy = Policy(massFailureGuard: MassFailureGuard(maxRefund: 49))
            let held = try await self.clean(store, by: policy)
            #expect(held.held?.contains("50 tokens") == true && held.cleanedUp == 0 && held.more)
            #expect(try await store.run(held.runID)?.status == .held)
            #expect(try await self.clean(store, by: policy, CleanupOptions(batchSize: 4)).cleanedUp == 4)
            #expect(try await self.clean(store, by: policy, CleanupOptions(force: true)).cleanedUp == 1)
            try await store.expectClean()
        }
    }

    @Test(
        "nothing is cleaned while cleaning is paused, and the pause ends by itself",
        arguments: StoreBackend.available
    )
    func pause(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job"))
            #expect(try await store.currentPause() == nil)
            let pause = try await store.pause(for: .seconds(3600), by: "grace")
            let now = try await store.now()
            #expect(try await store.currentPause() == pause && pause.until > now)
            let held = try await self.clean(store, by: Policy())
            #expect(held.held?.contains("paused until") == true && held.held?.contains("grace") == true)
            #expect(try await self.clean(store, by: Policy(), CleanupOptions(dryRun: true)).totalFound == 1)
            #expect(try await store.resume())
            #expect(try await store.resume() == false)
            _ = try await store.pause(for: .seconds(1), by: "grace")
            while try await store.currentPause() != nil { await Task.yield() }
            #expect(try await self.clean(store, by: Policy()).cleanedUp == 1)
            for wrong in [Duration.zero, Pause.longest + .seconds(1)] {
                await #expect(throws: UnstickError.self) { try await store.pause(for: wrong, by: "x") }
            }
        }
    }

    @Test("a hundred rules give the same results as a hundred single ones", arguments: StoreBackend.available)
    func hundredRules(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let rules = (0..<100).map {
                Rule(name: "rule \($0)", kinds: [Pattern("kind-\($0)")], timeout: .seconds(1000 + 1000 * $0))
            }
            try await store.add(
                (0..<100).map { JobFixture(id: "job-\($0)", kind: "kind-\($0)", started: .seconds(50_500)) }
            )
            let result = try await self.clean(
                store,
                by: Policy(rules: rules),
                CleanupOptions(batchSize: 1000, force: true)
            )
            #expect(result.cleanedUp == 50)
            for item in try await self.items(store, result) {
                #expect(item.stuckReason.rule == "rule \(item.jobID.dropFirst(4))")
            }
            try await store.expectClean()
        }
    }

    @Test("a drain cleans both phases in batches", arguments: StoreBackend.available)
    func drain(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let policy = Policy(
                rules: [Rule(name: "odd", kinds: ["odd"], timeout: .seconds(60), pendingTimeout: .seconds(60))],
                standard: Rule(heartbeatTimeout: .seconds(200), pendingTimeout: .seconds(30))
            )
            try await store.add(
                (0..<40).map { JobFixture(id: "run-\($0)", user: "u\($0 % 3)", kind: $0 % 2 == 0 ? "even" : "odd") }
                    + (0..<30).map {
                        JobFixture(
                            id: "wait-\($0)",
                            user: "u\($0 % 3)",
                            kind: $0 % 2 == 0 ? "even" : "odd",
                            status: .pending,
                            attempt: 0,
                            started: nil,
                            updated: .seconds(500)
                        )
                    }
            )
            let result = try await self.clean(store, by: policy, CleanupOptions(batchSize: 7, drain: true, force: true))
            #expect(result.cleanedUp == 70 && !result.more && result.tokensRefunded == 70 * 8)
            #expect(Set(try await self.items(store, result).map(\.position)).count == 70)
            try await store.expectClean()
        }
    }

    @Test(
        "a policy source with a timeout applies to stuck jobs in searches, lists and counts",
        arguments: StoreBackend.available
    )
    func timeout(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", started: .seconds(600)))
            for (timeout, stuck) in [(Duration.seconds(3600), 0), (.seconds(60), 1)] {
                let source = PolicySource(Policy(rules: [Rule(name: "r", kinds: ["image"])]), timeout: timeout)
                source.replace(by: Policy(rules: [Rule(name: "s", kinds: ["image"], timeout: .seconds(300))]))
                let cleaner = Cleaner(store: store, policy: source)
                #expect(try await cleaner.overview().kinds.count == stuck)
                #expect(try await cleaner.stuckReport().totalFound == stuck)
                #expect(try await cleaner.preview(CleanupOptions(), listed: 5).totalFound == stuck)
                #expect(try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true)).totalFound == stuck)
                #expect(source.current.allRules.allSatisfy { $0.timeout == timeout })
            }
        }
    }
}
