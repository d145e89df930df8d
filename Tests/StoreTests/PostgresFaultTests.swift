import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

/// Money when the connection or the server fails.
@Suite(
    "Faults of connections and PostgreSQL",
    .tags(.alone),
    .enabled(if: PostgresServer.isThere),
    .serialized,
    .timeLimit(.minutes(20))
)
struct PostgresFaultTests {
    /// How often each fault is repeated: more in the long form.
    private static let times = ProcessInfo.processInfo.environment["UNSTICK_FAULTS"].flatMap { Int($0) }

    private func expectAllRefunded(_ jobs: Int, users: Int, cost: Int, in store: PostgresStore) async throws {
        let drained = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(drain: true, force: true))
        #expect(drained.failed == 0 && !drained.more)
        try await store.expectClean()
        var refunds = 0
        var tokens = 0
        for user in 0..<users {
            refunds += try await store.consumption(of: "user-\(user)", since: Timestamp(milliseconds: 0)).refunds
            tokens += try await store.balance(of: "user-\(user)")
        }
        #expect(refunds == jobs && tokens == jobs * cost)
    }

    @Test(
        "a connection that is cut at the commit: the outcome is read back, no refund is lost and none is made twice",
        arguments: [CuttingRelay.Cut.before, .after]
    )
    func cutAtCommit(cut: CuttingRelay.Cut) async throws {
        let cluster = try #require(PostgresCluster.shared)
        let times = Self.times ?? 200
        try await cluster.withStore { direct, url in
            try await direct.add(
                (0..<(times * 5)).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 40)", cost: 3) }
            )
            let relay = try CuttingRelay(
                to: cluster.port,
                at: PostgresStatement.parsed("COMMIT", bindsNow: false).name
            )
            defer { relay.close() }
            let store = try await PostgresStore(url: cluster.tcpURL(url, port: relay.port))
            var (passed, failed) = (0, 0)
            for _ in 0..<times {
                relay.arm(cut)
                do {
                    let result = try await Cleaner(store)
                        .cleanupStuckJobs(CleanupOptions(batchSize: 4, force: true))
                    #expect(result.cleanedUp == 4 && result.tokensRefunded == 12 && result.failed == 0)
                    passed += 1
                } catch let error as UnstickError {
                    #expect(error.code == .databaseUnavailable)
                    failed += 1
                }
            }
            #expect(relay.count == times)
            // Cut before: nothing was done, and the run fails. Cut after: it was done, and the run continues.
            #expect(cut == .before ? failed == times : passed == times, "\(passed) passed, \(failed) failed")
            let runs = try await direct.runs(before: nil, limit: 500).filter {
                $0.totalFound > 0 || $0.status == .failed
            }
            #expect(runs.prefix(times).allSatisfy { $0.status == (cut == .before ? .failed : .completed) })
            try store.close()
            try await self.expectAllRefunded(times * 5, users: 40, cost: 3, in: direct)
        }
    }

    @Test("a booking whose answer was lost is booked once", arguments: [CuttingRelay.Cut.before, .after])
    func cutAtBooking(cut: CuttingRelay.Cut) async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { direct, url in
            let relay = try CuttingRelay(
                to: cluster.port,
                at: PostgresStatement.parsed("COMMIT", bindsNow: false).name
            )
            defer { relay.close() }
            let store = try await PostgresStore(url: cluster.tcpURL(url, port: relay.port))
            let tokens = TokenBalanceManager(store: store)
            for order in 0..<20 {
                relay.arm(cut)
                try await tokens.addTokens(10, to: "ada", key: "order-\(order)")
            }
            #expect(relay.count == 20)
            _ = try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 5))
            relay.arm(cut)
            // A start has its own mark, by which it is read back.
            let started = try? await store.start("job")
            if case .moved(let job) = started {
                #expect(job.attempt == 1 && cut == .after)
            } else {
                #expect(cut == .before)
            }
            if cut == .before { _ = try await store.start("job") }
            relay.arm(cut)
            let completed = try? await store.complete("job", attempt: 1)
            if cut == .after { #expect(completed != nil) } else { _ = try await store.complete("job", attempt: 1) }
            #expect(try await direct.status("job") == .completed)
            #expect(try await direct.balance(of: "ada") == 195)
            try await direct.expectClean()
            try store.close()
        }
    }

    @Test(
        "a server that crashes under load: the process continues, the run is recorded as failed, the next one finishes"
    )
    func restarts() async throws {
        let cluster = try PostgresCluster.start()
        defer { cluster.remove() }
        let times = Self.times ?? 10
        try await cluster.withDatabase { url in
            // A busy machine takes long to restart its server, and the record of the run waits for that.
            let store = try await PostgresStore(url: url, limits: .init(gracePeriod: .seconds(60)))
            let each = 6000
            var failed = 0
            for round in 0..<times {
                try await store.add(
                    (0..<each).map { JobFixture(id: "job-\(round)-\($0)", user: "user-\($0 % 500)", cost: 2) }
                )
                let last = try await store.runs(before: nil, limit: 1).first
                let cleanup = Task {
                    try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 5, drain: true, force: true))
                }
                // The crash happens at another point of the run in each round.
                while true {
                    let run = try await store.runs(before: nil, limit: 1).first
                    if let run, run.id != last?.id, run.cleanedUp >= 100 * round { break }
                    await Task.yield()
                }
                try cluster.restart("immediate")
                // A run that crashed between a commit and its answer reads back that it was done, and continues.
                do { #expect(try await cleanup.value.failed == 0) } catch let error as UnstickError {
                    #expect(error.code == .databaseUnavailable, "\(error)")
                    failed += 1
                    let run = try #require(try await store.runs(before: nil, limit: 1).first)
                    #expect(run.status == .failed && run.error != nil && run.more, "\(run)")
                }
                try await store.expectClean()
            }
            #expect(failed > 0)
            try await self.expectAllRefunded(each * times, users: 500, cost: 2, in: store)
            try store.close()
        }
    }

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
        try await self.expectAllRefunded(20_000, users: 300, cost: 2, in: store)
        try store.close()
    }
}
