import Testing
import Unstick

@Suite("Past jobs")
struct PastJobTests {
    @Test(
        "every job that was completed, timed out or never ended is read, and no other",
        arguments: StoreBackend.available
    )
    func outcomes(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "done", status: .completed, started: .seconds(500), updated: .seconds(400)),
                JobFixture(id: "unstarted", status: .completed, started: nil, updated: .seconds(400)),
                JobFixture(id: "hung", tier: nil),
                JobFixture(id: "live", started: .seconds(20)),
                JobFixture(id: "waits", status: .pending, attempt: 0, started: nil, updated: .seconds(5)),
                JobFixture(id: "failed", status: .failed),
                JobFixture(id: "cancelled", status: .cancelled)
            )
            _ = try await Cleaner(store).cleanupStuckJobs()
            let jobs = try await store.pastJobs(since: nil, into: [String: PastJob]()) { $0[$1.id] = $1 }
            #expect(
                jobs.mapValues(\.outcome) == [
                    "done": .completed, "unstarted": .completed, "hung": .timedOut, "live": .running, "waits": .waiting,
                ]
            )
            let done = try #require(jobs["done"])
            #expect(
                done.duration == .seconds(100) && done.kind == "image" && done.tier == "TIER_1K" && done.tokensCost == 8
            )
            #expect(jobs["unstarted"]?.duration == nil && jobs["hung"]?.duration == nil && jobs["hung"]?.tier == nil)
            #expect(jobs["waits"]?.startedAt == nil && jobs["live"]?.endedAt == nil)
            let recent = try await store.pastJobs(since: done.createdAt + .seconds(200), into: Set<String>()) {
                $0.insert($1.id)
            }
            #expect(recent == ["live", "waits"])
        }
    }

    @Test("more jobs than one round trip are all read", arguments: StoreBackend.available)
    func many(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for count in [9_999, 10_000, 20_001] {
                let known = try await store.pastJobs(since: nil, into: 0) { count, _ in count += 1 }
                try await store.add((known..<count).map { JobFixture(id: "job-\($0)", cost: 0, status: .completed) })
                #expect(try await store.pastJobs(since: nil, into: 0) { count, _ in count += 1 } == count)
            }
        }
    }
}
