import Metrics
import MetricsTestKit
import Testing
import Unstick

@Suite("Run metrics")
struct MetricsTests {
    @Test("every run is counted, also an empty one, with bounded labels only", arguments: StoreBackend.available)
    func counted(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let metrics = TestMetrics()
            try await withMetricsFactory(metrics) {
                let cleaner = Cleaner(store)
                try await cleaner.cleanupStuckJobs(trigger: .admin("grace"))
                try await store.add(JobFixture(id: "a", cost: 5), JobFixture(id: "b", cost: 4))
                try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true), trigger: .cron)
                try await cleaner.cleanupStuckJobs(trigger: .cron)
            }
            func runs(_ trigger: String, _ outcome: String) throws -> Int64 {
                try metrics.expectCounter(
                    "unstick_cleanup_runs_total",
                    [("trigger", trigger), ("outcome", outcome)]
                ).totalValue
            }
            #expect(try runs("admin", "completed") == 1)
            #expect(try runs("cron", "dry_run") == 1)
            #expect(try runs("cron", "completed") == 1)
            let cleaned = [("kind", "image"), ("tier", "TIER_1K"), ("outcome", "failed_and_refunded")]
            #expect(try metrics.expectCounter("unstick_jobs_cleaned_total", cleaned).totalValue == 2)
            let timedOut = [("tier", "TIER_1K"), ("outcome", "timed_out")]
            #expect(try metrics.expectCounter("unstick_jobs_ended_total", timedOut).totalValue == 2)
            #expect(try metrics.expectCounter("unstick_tokens_refunded_total").totalValue == 9)
            #expect(
                try metrics.expectTimer("unstick_cleanup_duration_seconds", [("trigger", "cron")]).values.count == 2
            )
        }
    }

    @Test("claims, heartbeats, endings and lost races are counted", arguments: StoreBackend.available)
    func work(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let metrics = TestMetrics()
            try await withMetricsFactory(metrics) {
                let jobs = JobLifecycle(
                    store: store,
                    policy: PolicySource(Policy(standard: Rule(retry: Retry(attempts: 2))))
                )
                try await jobs.create(NewJob(id: "a", userID: "ada", kind: "image", tier: "TIER_4K", tokensCost: 0))
                let attempt = try #require(try await jobs.claim(kinds: ["image"]).first).attempt
                _ = try await jobs.heartbeat(Heartbeat(jobID: "a", attempt: attempt))
                _ = try await jobs.heartbeat(Heartbeat(jobID: "a", attempt: attempt + 1))
                try await jobs.complete("a", attempt: attempt)
                try await jobs.complete("a", attempt: attempt)
                try await jobs.create(NewJob(id: "b", userID: "ada", kind: "image", tokensCost: 0))
                _ = try await jobs.claim(kinds: ["image"])
                try await jobs.fail("b", attempt: 1, message: "no")
                let tokens = TokenBalanceManager(store: store)
                try await tokens.addTokens(20, to: "ada")
                try await jobs.create(NewJob(id: "c", userID: "ada", kind: "image", tokensCost: 8))
                try await jobs.cancel("c")
                try await tokens.consumeTokens(5, from: "ada", for: "elsewhere")
                for _ in 0..<2 { try await tokens.refundTokens(5, to: "ada", for: "elsewhere", reason: "no") }
            }
            #expect(try metrics.expectCounter("unstick_tokens_refunded_total").totalValue == 13)
            func count(_ label: String, _ name: String, _ value: String) throws -> Int64 {
                try metrics.expectCounter(label, [(name, value)]).totalValue
            }
            #expect(try count("unstick_jobs_claimed_total", "kind", "image") == 2)
            func ended(_ tier: String, _ outcome: String) throws -> Int64 {
                try metrics.expectCounter("unstick_jobs_ended_total", [("tier", tier), ("outcome", outcome)]).totalValue
            }
            #expect(try ended("", "retried") == 1)
            #expect(try ended("TIER_4K", "completed") == 1)
            #expect(try count("unstick_heartbeats_total", "outcome", "alive") == 1)
            #expect(try count("unstick_heartbeats_total", "outcome", "refused") == 1)
            #expect(try count("unstick_lost_races_total", "operation", "complete") == 1)
            #expect(metrics.timers.contains { $0.label == "unstick_database_request_duration_seconds" })
        }
    }
}
