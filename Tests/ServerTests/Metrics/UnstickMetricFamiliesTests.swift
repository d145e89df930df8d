import Metrics
import Testing

@testable import UnstickServer

@Suite("Declared metric families")
struct UnstickMetricFamiliesTests {
    @Test("names are unique, and so are the labels of each")
    func unique() {
        #expect(Set(MetricFamily.unstick.map(\.name)).count == MetricFamily.unstick.count)
        for family in MetricFamily.unstick {
            #expect(Set(family.labels).count == family.labels.count)
            #expect(!family.labels.contains("le"))
        }
    }

    @Test("names have the ending of their kind")
    func names() {
        for family in MetricFamily.unstick {
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
            #expect(family.kind != .histogram || family.name.hasSuffix("_seconds"), "\(family.name)")
        }
    }

    @Test("promtool reports no problem", .enabled(if: Promtool.path != nil, "promtool is not on the PATH"))
    func promtool() throws {
        let registry = PrometheusRegistry(families: MetricFamily.unstick)
        for family in MetricFamily.unstick {
            Self.record(into: family, registry)
        }
        let path = try #require(Promtool.path)
        let result = try Promtool.checkMetrics(registry.exposition(), with: path)
        #expect(result.output == "")
        #expect(result.status == 0)
    }

    private static func record(into family: MetricFamily, _ registry: PrometheusRegistry) {
        let dimensions = family.labels.map { ($0, "a \"\($0)\" \\ of\nmany") }
        switch family.kind {
        case .counter:
            Counter(label: family.name, dimensions: dimensions, factory: registry).increment()
        case .gauge:
            registry.replace(family: family.name, with: [(Dictionary(dimensions) { first, _ in first }, 1.5)])
        case .histogram:
            Timer(label: family.name, dimensions: dimensions, factory: registry).recordMilliseconds(20)
        }
    }
}
