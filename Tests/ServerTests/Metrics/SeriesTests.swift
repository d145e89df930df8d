import Metrics
import Testing

@testable import UnstickServer

@Suite("Metric series")
struct SeriesTests {
    private static let families = [
        MetricFamily(name: "test_jobs_total", kind: .counter, help: "Jobs.", labels: ["kind", "tier"]),
        MetricFamily(name: "test_tokens_total", kind: .counter, help: "Tokens."),
        MetricFamily(name: "test_stuck", kind: .gauge, help: "Stuck.", labels: ["kind"]),
        MetricFamily(name: "test_took_seconds", kind: .histogram, help: "Took.", labels: ["route"], buckets: [1]),
    ]

    private static func samples(of registry: PrometheusRegistry, _ name: String) -> [String] {
        registry.exposition().split(separator: "\n").filter { $0.hasPrefix(name) }.map(String.init)
    }

    @Test("combinations of labels over the limit are counted together")
    func bounded() {
        let registry = PrometheusRegistry(families: Self.families)
        for kind in 0..<1_000 {
            Counter(label: "test_jobs_total", dimensions: [("kind", "\(kind)"), ("tier", "free")], factory: registry)
                .increment()
        }
        // A series from before the limit still counts by itself.
        Counter(label: "test_jobs_total", dimensions: [("kind", "7"), ("tier", "free")], factory: registry).increment()
        let samples = Self.samples(of: registry, "test_jobs_total")
        #expect(samples.count == PrometheusRegistry.standardSeriesLimit + 1)
        #expect(samples.contains(#"test_jobs_total{kind="other",tier="other"} 800"#))
        #expect(samples.contains(#"test_jobs_total{kind="7",tier="free"} 2"#))
    }

    @Test("a counter with the name of the rest takes none of the places")
    func namedOther() {
        let registry = PrometheusRegistry(families: Self.families, seriesLimit: 1)
        for kind in ["other", "a", "b"] {
            Timer(label: "test_took_seconds", dimensions: [("route", kind)], factory: registry).recordSeconds(2)
        }
        let counts = Self.samples(of: registry, "test_took_seconds_count")
        #expect(counts == [#"test_took_seconds_count{route="a"} 1"#, #"test_took_seconds_count{route="other"} 2"#])
    }

    @Test("a gauge is replaced as a whole")
    func replaced() {
        let registry = PrometheusRegistry(families: Self.families)
        registry.replace(family: "test_stuck", with: [(["kind": "video"], 3), (["kind": "audio", "user": "7"], 1)])
        #expect(
            Self.samples(of: registry, "test_stuck") == [
                #"test_stuck{kind="audio"} 1"#, #"test_stuck{kind="video"} 3"#,
            ]
        )
        registry.replace(family: "test_stuck", with: [(["kind": "image"], 2)])
        #expect(Self.samples(of: registry, "test_stuck") == [#"test_stuck{kind="image"} 2"#])
        registry.replace(family: "test_stuck", with: [])
        #expect(!registry.exposition().contains("test_stuck"))
    }

    @Test("series of a replaced gauge over the limit are combined")
    func replacedPastTheLimit() {
        let registry = PrometheusRegistry(families: Self.families, seriesLimit: 1)
        let gauges = ["a": 1.0, "b": 5, "c": 4].sorted { $0.key < $1.key }.map { (["kind": $0.key], $0.value) }
        registry.replace(family: "test_stuck", with: gauges)
        #expect(Self.samples(of: registry, "test_stuck").last == #"test_stuck{kind="other"} 9"#)
        registry.replace(family: "test_stuck", with: gauges, combine: max)
        #expect(Self.samples(of: registry, "test_stuck").last == #"test_stuck{kind="other"} 5"#)
    }

    @Test("a reset counter restarts from zero")
    func reset() {
        let registry = PrometheusRegistry(families: Self.families)
        let tokens = Counter(label: "test_tokens_total", factory: registry)
        tokens.increment(by: 12)
        tokens.reset()
        #expect(Self.samples(of: registry, "test_tokens_total") == ["test_tokens_total 0"])
        tokens.increment()
        #expect(Self.samples(of: registry, "test_tokens_total") == ["test_tokens_total 1"])
    }

    @Test("a destroyed series is gone, and without labels it restarts from zero")
    func destroyed() {
        let registry = PrometheusRegistry(families: Self.families)
        let jobs = Counter(label: "test_jobs_total", dimensions: [("kind", "video")], factory: registry)
        let tokens = FloatingPointCounter(label: "test_tokens_total", factory: registry)
        let stuck = Meter(label: "test_stuck", dimensions: [("kind", "video")], factory: registry)
        let took = Timer(label: "test_took_seconds", dimensions: [("route", "/")], factory: registry)
        let gauge = Gauge(label: "test_stuck", dimensions: [("kind", "audio")], factory: registry)
        jobs.increment()
        tokens.increment(by: 2)
        jobs.destroy()
        tokens.destroy()
        stuck.destroy()
        took.destroy()
        gauge.destroy()
        jobs.increment()
        #expect(registry.exposition() == PrometheusRegistry(families: Self.families).exposition())
    }

    @Test("the shared series stays when one of its users is destroyed")
    func sharedIsNotDestroyed() {
        let registry = PrometheusRegistry(families: Self.families, seriesLimit: 0)
        let first = Counter(label: "test_jobs_total", dimensions: [("kind", "a")], factory: registry)
        let second = Counter(label: "test_jobs_total", dimensions: [("kind", "b")], factory: registry)
        first.destroy()
        second.increment()
        #expect(Self.samples(of: registry, "test_jobs_total") == [#"test_jobs_total{kind="other",tier="other"} 1"#])
    }
}
