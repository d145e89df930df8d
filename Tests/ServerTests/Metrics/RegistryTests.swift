import Metrics
import Testing

@testable import UnstickServer

@Suite("Metric registry")
struct RegistryTests {
    private static let families = [
        MetricFamily(name: "test_jobs_total", kind: .counter, help: "Jobs.", labels: ["kind", "tier"]),
        MetricFamily(name: "test_tokens_total", kind: .counter, help: "Tokens\nwith a \\ and a \"."),
        MetricFamily(name: "test_stuck", kind: .gauge, help: "Stuck.", labels: ["kind"]),
        MetricFamily(name: "test_waiting", kind: .gauge, help: "Waiting."),
        MetricFamily(
            name: "test_duration_seconds",
            kind: .histogram,
            help: "Took.",
            labels: ["trigger"],
            buckets: [1, 0.25, .infinity]
        ),
        MetricFamily(name: "test_size_bytes", kind: .histogram, help: "Size.", buckets: [10]),
    ]

    @Test("before anything is recorded, counters without labels show as zero")
    func atStart() {
        let registry = PrometheusRegistry(families: Self.families)
        #expect(
            registry.exposition() == #"""
                # HELP test_size_bytes Size.
                # TYPE test_size_bytes histogram
                test_size_bytes_bucket{le="10"} 0
                test_size_bytes_bucket{le="+Inf"} 0
                test_size_bytes_sum 0
                test_size_bytes_count 0
                # HELP test_tokens_total Tokens\nwith a \\ and a ".
                # TYPE test_tokens_total counter
                test_tokens_total 0

                """#
        )
    }

    @Test("the whole text, with every kind of metric")
    func wholeText() {
        let registry = PrometheusRegistry(families: Self.families)
        Self.recordEverything(into: registry)
        #expect(
            registry.exposition() == #"""
                # HELP test_duration_seconds Took.
                # TYPE test_duration_seconds histogram
                test_duration_seconds_bucket{trigger="api",le="0.25"} 0
                test_duration_seconds_bucket{trigger="api",le="1"} 0
                test_duration_seconds_bucket{trigger="api",le="+Inf"} 1
                test_duration_seconds_sum{trigger="api"} 3
                test_duration_seconds_count{trigger="api"} 1
                test_duration_seconds_bucket{trigger="schedule",le="0.25"} 2
                test_duration_seconds_bucket{trigger="schedule",le="1"} 3
                test_duration_seconds_bucket{trigger="schedule",le="+Inf"} 3
                test_duration_seconds_sum{trigger="schedule"} 0.875
                test_duration_seconds_count{trigger="schedule"} 3
                # HELP test_jobs_total Jobs.
                # TYPE test_jobs_total counter
                test_jobs_total{kind="audio",tier=""} 1
                test_jobs_total{kind="video",tier="free"} 7
                test_jobs_total{kind="video",tier="paid"} 0
                # HELP test_size_bytes Size.
                # TYPE test_size_bytes histogram
                test_size_bytes_bucket{le="10"} 1
                test_size_bytes_bucket{le="+Inf"} 2
                test_size_bytes_sum 30
                test_size_bytes_count 2
                # HELP test_stuck Stuck.
                # TYPE test_stuck gauge
                test_stuck{kind="a \"b\" \\ c\nd"} -2
                # HELP test_tokens_total Tokens\nwith a \\ and a ".
                # TYPE test_tokens_total counter
                test_tokens_total 1.5
                # HELP test_waiting Waiting.
                # TYPE test_waiting gauge
                test_waiting 4.25

                """#
        )
    }

    private static func recordEverything(into registry: PrometheusRegistry) {
        Timer(label: "test_duration_seconds", dimensions: [("trigger", "schedule")], factory: registry)
            .recordMilliseconds(125)
        let schedule = Timer(label: "test_duration_seconds", dimensions: [("trigger", "schedule")], factory: registry)
        schedule.recordMilliseconds(250)
        schedule.recordMilliseconds(500)
        Timer(label: "test_duration_seconds", dimensions: [("trigger", "api")], factory: registry).recordSeconds(3)
        let jobs = Counter(
            label: "test_jobs_total",
            dimensions: [("tier", "free"), ("kind", "video"), ("user", "7")],
            factory: registry
        )
        jobs.increment(by: 5)
        jobs.increment(by: -3)
        Counter(label: "test_jobs_total", dimensions: [("kind", "video"), ("tier", "free")], factory: registry)
            .increment(by: 2)
        _ = Counter(label: "test_jobs_total", dimensions: [("kind", "video"), ("tier", "paid")], factory: registry)
        Counter(label: "test_jobs_total", dimensions: [("kind", "audio")], factory: registry).increment()
        let size = Recorder(label: "test_size_bytes", dimensions: [], aggregate: true, factory: registry)
        size.record(10)
        size.record(20.0)
        size.record(Double.nan)
        let stuck = Meter(label: "test_stuck", dimensions: [("kind", "a \"b\" \\ c\nd")], factory: registry)
        stuck.set(1)
        stuck.decrement(by: 3)
        FloatingPointCounter(label: "test_tokens_total", factory: registry).increment(by: 1.5)
        Gauge(label: "test_waiting", factory: registry).record(4.25)
    }

    @Test("undeclared metrics, or those of another kind, are dropped")
    func undeclared() {
        let registry = PrometheusRegistry(families: Self.families)
        let before = registry.exposition()
        Counter(label: "hb.requests", factory: registry).increment()
        Timer(label: "http.server.request.duration", factory: registry).recordSeconds(1)
        Gauge(label: "http.server.active_requests", factory: registry).record(1)
        Meter(label: "undeclared", factory: registry).set(1)
        Counter(label: "test_stuck", dimensions: [("kind", "video")], factory: registry).increment()
        Gauge(label: "test_tokens_total", factory: registry).record(9)
        Recorder(label: "test_waiting", factory: registry).record(9)
        registry.replace(family: "undeclared", with: [([:], 1)])
        registry.replace(family: "test_tokens_total", with: [([:], 1)])
        #expect(registry.exposition() == before)
    }

    @Test("a handler is made once for its labels, in any order")
    func handlersAreKept() {
        let registry = PrometheusRegistry(families: Self.families)
        let first = registry.makeCounter(label: "test_jobs_total", dimensions: [("kind", "a"), ("tier", "b")])
        let second = registry.makeCounter(label: "test_jobs_total", dimensions: [("tier", "b"), ("kind", "a")])
        #expect(first === second)
    }
}
