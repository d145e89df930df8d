import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickMySQL

/// Large batches on servers with a small and with the default `max_allowed_packet`.
@Suite("Packets of MariaDB", .tags(.alone), .enabled(if: MariaDBServer.isThere), .serialized)
struct MySQLPacketTests {
    private static let sizes = ["1M", "16M"]

    private func with(
        _ size: String,
        _ body: (MariaDBCluster, MySQLStore, _ url: String) async throws -> Void
    ) async throws {
        let cluster = try MariaDBCluster.start(settings: ["--max-allowed-packet=\(size)"])
        defer { cluster.remove() }
        try await cluster.withStore { store, url in try await body(cluster, store, url) }
    }

    /// An id of the greatest length.
    private static func long(_ index: Int) -> String {
        let number = "\(index)"
        return number + String(repeating: "é", count: (Limits.idBytes - number.utf8.count) / 2)
    }

    private static func fixture(_ index: Int) -> JobFixture {
        JobFixture(id: Self.long(index), user: Self.long(index % 300), kind: Self.long(0), tier: Self.long(1), cost: 1)
    }

    @Test("an import, a run, jobs by their ids and heartbeats may have any length", arguments: sizes)
    func jobs(size: String) async throws {
        try await self.with(size) { _, store, _ in
            let count = 5000
            let now = try await store.now()
            let rows = (0..<count).map { ImportRow(line: $0 + 1, job: Self.fixture($0).job(asOf: now)) }
            let batch = try await store.beginImport()
            #expect(try await batch.stage(rows) == [])
            let again = try await batch.stage(rows.map { ImportRow(line: $0.line + count, job: $0.job) })
            #expect(again.count == count && again.allSatisfy { $0.line == $0.firstLine + count })
            #expect(try await batch.commit { _, _ in }.imported == count)
            let ids = (0..<count).map { Self.long($0) }
            #expect(try await store.jobs(ids).count == count)
            let beats = ids.prefix(Limits.batchedCalls).map {
                Heartbeat(jobID: $0, attempt: 1, message: String(repeating: "m", count: Limits.noteBytes))
            }
            #expect(try await store.heartbeat(Array(beats)).count == Limits.batchedCalls)
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: count, force: true))
            #expect(result.cleanedUp == count && result.failed == 0)
            try await store.expectClean()
        }
    }

    @Test("a batch names as many jobs with locked balances as a statement takes", arguments: sizes)
    func locked(size: String) async throws {
        try await self.with(size) { _, store, url in
            let count = 6000
            try await store.add((0..<count).map { Self.fixture($0) })
            let holder = MySQLTransaction(on: try MySQLConnection(url: url, names: .prefixed), limit: .seconds(30))
            try holder.run("UPDATE unstick.balances SET updated_at = updated_at")
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: count, force: true))
            #expect(result.cleanedUp == 0 && result.failed == count)
            #expect(Set(result.errors.map(\.error)) == [StuckJob.lockedBalance])
            holder.rollBack()
            let next = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: count, force: true))
            #expect(next.cleanedUp == count && next.failed == 0)
            try await store.expectClean()
        }
    }

    @Test("a sender settles as many deliveries as it claims, whatever the answers were", arguments: sizes)
    func deliveries(size: String) async throws {
        try await self.with(size) { _, store, _ in
            try await store.put(.fixture(events: ["job.timed_out"]))
            try await store.add((0..<1024).map { Self.fixture($0) })
            _ = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(drain: true, force: true))
            let claim = try await store.claimDeliveries(to: "hook", limit: 1024, lease: .seconds(60))
            #expect(claim.deliveries.count == 1024)
            let attempts = claim.deliveries.map {
                DeliveryAttempt(
                    delivery: $0,
                    status: .pending,
                    httpStatus: 500,
                    error: String(repeating: "\u{1}", count: Limits.noteBytes),
                    took: .zero
                )
            }
            _ = try await store.settle(claim, attempts, .healthy)
            let next = try await store.claimDeliveries(to: "hook", limit: 1024, lease: .seconds(60))
            #expect(next.deliveries.count == 1024 && next.deliveries.allSatisfy { $0.attempts == 1 })
        }
    }

    @Test("a statement that the server cannot take is refused with the setting, and the store goes on")
    func tooLarge() async throws {
        try await self.with("1M") { _, store, _ in
            let text = String(repeating: "x", count: 2_000_000)
            let error = await #expect(throws: UnstickError.self) {
                try await store.execute("UPDATE unstick.jobs SET error_text = :text", ["text": .text(text)])
            }
            #expect(error?.code == .databaseUnusable && error?.message.contains("max_allowed_packet") == true)
            #expect(error?.cause?.contains("1048576") == true)
            try await store.expectClean()
        }
    }
}
