import TestSupport
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

@Suite("Locked balances", .enabled(if: PostgresServer.isThere))
struct LockedBalanceTests {
    /// A session that locks the balances of these users.
    private func lock(_ users: [String], in url: String) throws -> PostgresConnection {
        let session = try PostgresConnection(url: url)
        let list = users.map { "'\($0)'" }.joined(separator: ", ")
        let lock = "SELECT 1 FROM unstick.balances WHERE user_id IN (\(list)) FOR UPDATE"
        _ = try session.send([SQLCall("BEGIN"), SQLCall(lock)], limit: .seconds(10))
        return session
    }

    @Test("its user's jobs are left out by name, all others are refunded, and the next run takes them")
    func leftOut() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { store, url in
            // The locked user's jobs are the oldest: they must not block those behind them.
            try await store.add(
                (0..<120).map {
                    JobFixture(
                        id: "job-\($0)",
                        user: $0 < 30 ? "locked" : "user-\($0 % 7)",
                        cost: 2,
                        started: .seconds(4000 - $0)
                    )
                }
            )
            let session = try self.lock(["locked"], in: url)
            let result = try await Cleaner(store).cleanupStuckJobs(
                CleanupOptions(batchSize: 50, drain: true, force: true)
            )
            #expect(result.cleanedUp == 90 && result.tokensRefunded == 180 && result.failed == 30)
            #expect(Set(result.errors.map(\.error)) == [StuckJob.lockedBalance])
            #expect(Set(result.errors.map(\.jobID)) == Set((0..<30).map { "job-\($0)" }))
            let run = try #require(try await store.run(result.runID))
            #expect(run.status == .completed && run.cleanedUp == 90 && run.failed == 30)
            let items = try await store.items(of: run.id, after: 0, limit: 500)
            #expect(items.map(\.position) == Array(1...120) && items.count { $0.action == .error } == 30)
            #expect(try await store.status("job-3") == .processing)
            _ = try session.send([SQLCall("COMMIT")], limit: .seconds(10))
            let next = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
            #expect(next.cleanedUp == 30 && next.failed == 0 && next.tokensRefunded == 60)
            #expect(try await store.balance(of: "locked") == 60)
            try await store.expectClean()
        }
    }

    @Test("jobs that are left out take no place in the batch: a run of a few jobs takes those behind them")
    func bounded() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { store, url in
            try await store.add(
                (0..<20).map {
                    JobFixture(id: "job-\($0)", user: $0 < 10 ? "locked" : "ada", started: .seconds(4000 - $0))
                }
            )
            let session = try self.lock(["locked"], in: url)
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 4, force: true))
            #expect(result.cleanedUp == 4 && result.jobs.filter { $0.error == nil }.allSatisfy { $0.userID == "ada" })
            _ = try session.send([SQLCall("ROLLBACK")], limit: .seconds(10))
            try await store.expectClean()
        }
    }

    @Test("a batch locks only what it changes, and waits for no balance")
    func holdsNothing() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { store, url in
            try await store.add(JobFixture(id: "a", user: "locked"), JobFixture(id: "b", user: "free"))
            let session = try self.lock(["locked"], in: url)
            let batch = CleanupBatch.fixture(limit: 10, at: try await store.now())
            let cleaned = try await store.clean(batch)
            #expect(cleaned.items.map(\.jobID) == ["b"] && cleaned.locked.map(\.jobID) == ["a"] && cleaned.exhausted)
            #expect(try cluster.sql("SELECT job_id FROM unstick.run_items", in: url) == "b")
            var again = batch
            (again.position, again.only) = (1, ["a"])
            #expect(try await store.clean(again).locked.map(\.jobID) == ["a"])
            _ = try session.send([SQLCall("COMMIT")], limit: .seconds(10))
            #expect(try await store.clean(again).items.map(\.jobID) == ["a"])
            #expect(try await store.balance(of: "locked") == 8)
        }
    }

    @Test("a lock time-out has its own error code")
    func code() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { store, url in
            try await store.add(JobFixture(id: "a"))
            let session = try self.lock(["ada"], in: url)
            let waiting = try PostgresConnection(url: url)
            func refusal(_ setting: String) -> UnstickError? {
                do {
                    _ = try waiting.send(
                        [
                            SQLCall("SELECT set_config('\(setting)', '20', true)"),
                            SQLCall("UPDATE unstick.balances SET balance = balance"),
                        ],
                        limit: .seconds(10)
                    )
                } catch {
                    return UnstickError(error)
                }
                return nil
            }
            #expect(refusal("lock_timeout")?.code == .lockTimeout)
            #expect(refusal("statement_timeout")?.code == .databaseUnavailable)
            _ = try session.send([SQLCall("COMMIT")], limit: .seconds(10))
            // A wait for a lock ends before the statement's own limit.
            let limits = try await store.once([
                SQLCall(
                    """
                    SELECT current_setting('lock_timeout') <> current_setting('statement_timeout') AS differ,
                        CAST(current_setting('lock_timeout') AS interval)
                            < CAST(current_setting('statement_timeout') AS interval) AS is_shorter
                    """
                )
            ]) { $0[0].rows.map { $0.flag("differ") && $0.flag("is_shorter") } }
            #expect(limits == [true])
        }
    }
}
