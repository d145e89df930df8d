import Metrics
import Testing

@testable import UnstickServer

@Suite("Metrics under concurrency")
struct ConcurrencyTests {
    private static let tasks = 8
    private static let times = 10_000

    @Test("eight tasks that record ten thousand times each")
    func concurrent() async {
        let registry = PrometheusRegistry(families: [
            MetricFamily(name: "test_jobs_total", kind: .counter, help: "Jobs.", labels: ["kind"]),
            MetricFamily(name: "test_running", kind: .gauge, help: "Running."),
            MetricFamily(name: "test_took_seconds", kind: .histogram, help: "Took.", buckets: [1]),
        ])
        await withTaskGroup { group in
            for task in 0..<Self.tasks {
                group.addTask { await Self.record(into: registry, task: task) }
            }
        }
        let lines = Set(registry.exposition().split(separator: "\n").map(String.init))
        let all = Self.tasks * Self.times
        #expect(lines.contains("test_jobs_total{kind=\"shared\"} \(all)"))
        #expect(lines.contains("test_jobs_total{kind=\"0\"} \(Self.times)"))
        #expect(lines.contains("test_running \(all)"))
        #expect(lines.contains("test_took_seconds_bucket{le=\"1\"} \(all)"))
        #expect(lines.contains("test_took_seconds_sum \(all / 2)"))
    }

    @concurrent
    private static func record(into registry: PrometheusRegistry, task: Int) async {
        let own = Counter(label: "test_jobs_total", dimensions: [("kind", "\(task)")], factory: registry)
        let running = Meter(label: "test_running", factory: registry)
        let took = Timer(label: "test_took_seconds", factory: registry)
        for time in 0..<self.times {
            // Created again each time, like code that records now and then.
            Counter(label: "test_jobs_total", dimensions: [("kind", "shared")], factory: registry).increment()
            own.increment()
            running.increment()
            took.recordMilliseconds(500)
            if time.isMultiple(of: 1_000) {
                _ = registry.exposition()
            }
        }
    }
}
