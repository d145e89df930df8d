import Testing
import Unstick
import UnstickSQLite

@Suite("Stalled runs")
struct StalledRunTests {
    /// A store that always returns the same jobs, as when an id does not fit the type of its column.
    private struct Stalled: ForwardingStore {
        let store: any Store

        func stuckJobs(
            asOf now: Timestamp,
            _ ruleMatches: RuleMatches,
            after cursor: StuckCursor?,
            limit: Int
        ) async throws -> [StuckJob] {
            try await self.store.stuckJobs(asOf: now, ruleMatches, after: nil, limit: limit)
        }

        func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
            let jobs = try await self.stuckJobs(asOf: batch.now, batch.ruleMatches, after: nil, limit: batch.limit)
            return CleanedBatch(items: [], exhausted: false, end: jobs.last?.cursor)
        }
    }

    @Test("it ends with an error that names the job, in a dry run and in a real one", arguments: [true, false])
    func stalled(dryRun: Bool) async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add((0..<20).map { JobFixture(id: "job-\($0)", user: "user-\($0)") })
        let error = await #expect(throws: UnstickError.self) {
            try await Cleaner(Stalled(store: store))
                .cleanupStuckJobs(CleanupOptions(dryRun: dryRun, batchSize: 4, drain: true, force: true))
        }
        #expect(error?.code == .databaseRejected && error?.message.contains("job-") == true)
        let run = try #require(try await store.runs(before: nil, limit: 1).first)
        #expect(run.status == .failed && run.error == error?.message)
    }
}
