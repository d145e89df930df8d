import Metrics
import MetricsTestKit
import Testing
import Unstick

@Suite("What a pass tells the metrics backend")
struct MetricsTests {
    @Test("every pass is counted, also an empty one, with bounded labels only", arguments: StoreBackend.available)
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
            #expect(try metrics.expectCounter("unstick_jobs_cleaned_total").totalValue == 2)
            #expect(try metrics.expectCounter("unstick_tokens_refunded_total").totalValue == 9)
            #expect(
                try metrics.expectTimer("unstick_cleanup_duration_seconds", [("trigger", "cron")]).values.count == 2
            )
        }
    }
}
