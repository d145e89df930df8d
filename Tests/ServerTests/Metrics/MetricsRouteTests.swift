import Foundation
import Metrics
import Testing
import Unstick

@testable import UnstickServer

@Suite("Metrics route")
struct MetricsRouteTests {
    @Test("shows the stuck jobs by kind and the last success, to callers who may view")
    func page() async throws {
        let registry = PrometheusRegistry(families: MetricFamily.unstick)
        try await APIHarness.run(cleanupInterval: .seconds(900), registry: registry) { api in
            try await withMetricsFactory(registry) {
                try await api.addStuck(2, cost: 8)
                try await Cleaner(store: api.store).cleanupStuckJobs(CleanupOptions(batchSize: 1))
                #expect(try await api.get("/metrics", token: "").status == 401)
                let reply = try await api.get("/metrics", token: api.viewerToken)
                #expect(reply.status == 200)
                for line in [
                    #"unstick_stuck_jobs{kind="image"} 1"#, "unstick_running_jobs 1", "unstick_cleanup_paused 0",
                    "unstick_cleanup_interval_seconds 900", "unstick_tokens_refunded_total 8",
                    #"unstick_jobs_cleaned_total{kind="image",tier="",outcome="failed_and_refunded"} 1"#,
                ] {
                    #expect(reply.text.contains(line + "\n"), "\(line)\n\(reply.text)")
                }
                #expect(reply.text.contains("unstick_cleanup_last_success_timestamp_seconds "))
                if let promtool = Promtool.path {
                    let checked = try Promtool.checkMetrics(reply.text, with: promtool)
                    #expect(checked.status == 0 && checked.output == "", "\(checked.output)")
                }
            }
        }
    }

    @Test("does not exist where metrics are exported elsewhere")
    func elsewhere() async throws {
        try await APIHarness.run { api in
            let reply = try await api.get("/metrics", token: api.viewerToken)
            #expect(reply.status == 404)
        }
    }

    @Test("a cleaner before its first run is starting, after it ok")
    func health() async throws {
        try await APIHarness.run { api in
            let before = try await api.get("/healthz/cleanup", token: "")
            #expect(before.status == 200 && before.json["status"] as? String == "starting")
            try await Cleaner(store: api.store).cleanupStuckJobs()
            let after = try await api.get("/healthz/cleanup", token: "")
            #expect(after.json["status"] as? String == "ok" && after.json["lastSuccessAt"] != nil)
        }
    }

    @Test("the alerts and the dashboard name only existing metrics")
    func deployed() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL
        let names = Set(MetricFamily.unstick.map(\.name))
        for file in ["deploy/prometheus/unstick-alerts.yml", "deploy/grafana/unstick.json"] {
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            let used = Set(text.matches(of: /unstick_[a-z_]+/).map { String($0.output) })
            #expect(used.count > 5)
            for name in used {
                let base = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(names.contains(name) || names.contains(base), "\(file): \(name)")
            }
        }
    }
}
