import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

/// What happens to the money when another server takes over.
@Suite(
    "Failover of PostgreSQL",
    .tags(.alone),
    .enabled(if: PostgresServer.isThere),
    .serialized,
    .timeLimit(.minutes(20))
)
struct PostgresFaultTests {
    @Test("a replica that is promoted under load takes over, and a standby is reported as such")
    func failover() async throws {
        let primary = try PostgresCluster.start(settings: ["synchronous_standby_names = '*'", "wal_keep_size = 256MB"])
        defer { primary.remove() }
        let replica = try primary.startReplica()
        defer { replica.remove() }
        let url = try primary.makeDatabase()
        let hosts = primary.tcpURL(url).replacing(
            "host=127.0.0.1&port=\(primary.port)",
            with: "host=127.0.0.1,127.0.0.1&port=\(primary.port),\(replica.port)&target_session_attrs=read-write"
        )
        let store = try await PostgresStore(url: hosts)
        try await store.add((0..<20_000).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 300)", cost: 2) })
        let standby = await #expect(throws: UnstickError.self) {
            try await PostgresStore(url: primary.tcpURL(url, port: replica.port), missing: .leave)
        }
        #expect(standby?.message.contains("read-only standby") == true)
        let cleanup = Task {
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 20, drain: true, force: true))
        }
        while try await store.runs(before: nil, limit: 1).first?.cleanedUp ?? 0 < 200 { await Task.yield() }
        try primary.stop("immediate")
        try replica.promote()
        // The new primary has no standby to wait for.
        try replica.sql("ALTER SYSTEM SET synchronous_standby_names = ''", in: replica.url(of: "postgres"))
        try replica.sql("SELECT pg_reload_conf()", in: replica.url(of: "postgres"))
        // A run interrupted between a commit and its answer reads back on the new primary that it was done, and
        // continues.
        let isThrough = (try? await cleanup.value)?.failed == 0
        let run = try #require(try await store.runs(before: nil, limit: 5).first)
        #expect(run.status == (isThrough ? .completed : .failed) && run.cleanedUp > 0)
        #expect(try await Cleaner(store).cleanupStuckJobs(CleanupOptions(drain: true, force: true)).failed == 0)
        try await store.expectAllRefunded(20_000, users: 300, tokens: 40_000)
        try store.close()
    }
}
