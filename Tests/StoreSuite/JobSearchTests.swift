import Foundation
import TestSupport
import TestTags
import Testing
import Unstick

@Suite("Job search", .tags(.alone))
struct JobSearchTests {
    /// Jobs of the last hundred minutes, one a minute: each third of kind `video`, each tenth failed, each seventh
    /// running.
    private func fill(_ store: any Store, count: Int = 100) async throws {
        try await store.add(
            (0..<count).map { index in
                JobFixture(
                    id: "job-\(index)",
                    user: "user-\(index % 4)",
                    kind: index % 3 == 0 ? "video" : "image",
                    tier: index % 2 == 0 ? "TIER_4K" : nil,
                    cost: 2,
                    status: index % 10 == 9 ? .failed : index % 7 == 6 ? .processing : .completed,
                    started: .seconds(60 * (index + 1))
                )
            }
        )
    }

    private func all(_ filter: JobFilter, _ store: any Store, limit: Int = 7) async throws -> [Job] {
        var (found, cursor) = ([Job](), JobCursor?.none)
        repeat {
            let window = try await store.jobs(filter, after: cursor, limit: limit)
            found += window.rows
            cursor = window.next
        } while cursor != nil
        return found
    }

    @Test(
        "each condition applies, alone and with others, page by page without a gap",
        arguments: StoreBackend.available
    )
    func conditions(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await self.fill(store)
            let now = try await store.now()
            let jobs = try await self.all(JobFilter(), store)
            #expect(jobs.count == 100 && jobs.map(\.createdAt) == jobs.map(\.createdAt).sorted(by: >))
            let (older, newer) = (now - .seconds(3000), now - .seconds(1200))
            let cases: [(JobFilter, (Job) -> Bool)] = [
                (JobFilter(status: .failed), { $0.status == .failed }),
                (JobFilter(status: .completed), { $0.status == .completed }),
                (JobFilter(status: .cancelled), { _ in false }),
                (JobFilter(userID: "user-1"), { $0.userID == "user-1" }),
                (JobFilter(status: .failed, userID: "user-1"), { $0.userID == "user-1" && $0.status == .failed }),
                (JobFilter(kind: "video"), { $0.kind == "video" }),
                (JobFilter(kind: "video", tier: "TIER_4K"), { $0.kind == "video" && $0.tier == "TIER_4K" }),
                (JobFilter(kinds: [JobKind(kind: "video", tier: nil)]), { $0.kind == "video" && $0.tier == nil }),
                (JobFilter(kinds: []), { _ in false }),
                (JobFilter(before: older), { $0.createdAt < older }),
                (JobFilter(since: newer), { $0.createdAt >= newer }),
                (
                    JobFilter(status: .failed, before: newer, since: older),
                    {
                        $0.status == .failed && $0.createdAt < newer && $0.createdAt >= older
                    }
                ),
                (JobFilter(idPrefix: "job-1"), { $0.id.hasPrefix("job-1") }),
                (JobFilter(idPrefix: "job_1"), { _ in false }), (JobFilter(errorText: "%"), { _ in false }),
            ]
            for (filter, matches) in cases {
                let found = try await self.all(filter, store)
                #expect(found.map(\.id) == jobs.filter(matches).map(\.id), "\(filter)")
                let count = try await store.count(filter)
                #expect(count == JobCount(jobs: found.count, tokens: 2 * found.count, isAtLeast: false), "\(filter)")
            }
            let running = try await self.all(JobFilter(status: .processing), store, limit: 3)
            #expect(Set(running.map(\.id)) == Set(jobs.filter { $0.status == .processing }.map(\.id)))
        }
    }

    @Test("the text of an error is found in any case, also that of a time-out", arguments: StoreBackend.available)
    func errors(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "late"), JobFixture(id: "broken", started: .seconds(60)))
            try await Cleaner(store).cleanupStuckJobs()
            _ = try await store.fail(JobFailure(jobID: "broken", attempt: 1, message: "CUDA out of memory: 100%_"))
            for (text, ids) in [
                ("TIMED out after", ["late"]), ("cuda", ["broken"]), ("100%_", ["broken"]), ("1_0", []),
            ] {
                #expect(try await self.all(JobFilter(errorText: text), store).map(\.id) == ids, "\(text)")
            }
        }
    }

    @Test(
        "a window that is not full says how far back it searched, and the next continues there",
        .timeLimit(.minutes(5))
    )
    func windows() async throws {
        try await StoreBackend.available[0].withStore { store in
            let count = Limits.window + 200
            try await self.fill(store, count: count)
            let first = try await store.jobs(JobFilter(idPrefix: "job-\(count - 1)"), after: nil, limit: 10)
            #expect(first.rows.isEmpty && first.lookedBackTo != nil)
            let second = try await store.jobs(JobFilter(idPrefix: "job-\(count - 1)"), after: first.next, limit: 10)
            #expect(second.rows.map(\.id) == ["job-\(count - 1)"] && second.next == nil && second.lookedBackTo == nil)
            #expect(try await store.count(JobFilter(kind: "video")).isAtLeast == false)
        }
    }

    @Test(
        "all kinds are listed, not only those of the newest jobs",
        .timeLimit(.minutes(5)),
        arguments: StoreBackend.available
    )
    func knownKinds(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            #expect(try await store.knownKinds() == [])
            let old = ["vintage", "Vintage", "é", "e\u{301}", "z'z"]
            try await store.add(
                old.enumerated().map { index, kind in
                    JobFixture(id: "old-\(index)", kind: kind, status: .completed, started: .seconds(10_000_000))
                }
            )
            try await self.fill(store, count: Limits.window + 10)
            // Compared as bytes: for Swift the two é are equal.
            let kinds = try await store.knownKinds().map { Array($0.utf8) }
            #expect(kinds.count == 7 && Set(kinds) == Set((old + ["image", "video"]).map { Array($0.utf8) }))
        }
    }

    @Test("the kinds of a window, jobs by their ids, heartbeats and ages", arguments: StoreBackend.available)
    func others(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await self.fill(store)
            let kinds = Set(try await store.kinds(JobFilter(), after: nil))
            #expect(kinds.count == 4 && kinds.contains(JobKind(kind: "video", tier: nil)))
            #expect(Set(try await store.jobs(["job-1", "none", "job-2"]).map(\.id)) == ["job-1", "job-2"])
            #expect(try await store.lease(of: "job-6") == nil)
            _ = try await store.heartbeat([Heartbeat(jobID: "job-6", attempt: 1, progress: 0.25, message: "frame 3")])
            let lease = try #require(try await store.lease(of: "job-6"))
            #expect(lease.attempt == 1 && lease.progress == 0.25 && lease.message == "frame 3")
            let ages = try await store.runningAges(edges: [.seconds(600), .seconds(3600)])
            let running = try await self.all(JobFilter(status: .processing), store)
            #expect(ages.reduce(0) { $0 + $1.counts.reduce(0, +) } == running.count)
            let now = try await store.now()
            #expect(
                ages.reduce(0) { $0 + $1.counts[1] }
                    == running.count { 600_000..<3_600_000 ~= (now - ($0.processingStartedAt ?? now)).inMilliseconds }
            )
        }
    }
}
