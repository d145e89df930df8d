import Testing

@testable import UnstickPages

@Suite("Ages chart")
struct AgesChartTests {
    private static let ends = [
        5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000,
        43_200_000, 86_400_000, 259_200_000, 604_800_000,
    ]

    private func buckets(_ counts: [Int]) -> [AgesChart.Bucket] {
        zip(Self.ends.map(Optional.some) + [nil], counts).map { .init(upTo: $0, count: $1) }
    }

    private func chart(
        _ buckets: [AgesChart.Bucket],
        limit: Int?,
        name: String = "report",
        id: String = "ages"
    ) throws -> ParsedSVG {
        try .checked(AgesChart(id: id, name: name, buckets: buckets, limit: limit).svg, atMost: 3000)
    }

    @Test("draws the part over the limit in another style, from the line of the limit on")
    func limit() throws {
        let chart = try self.chart(self.buckets([12, 30, 41, 22, 18, 9, 4, 0, 2, 0, 1]), limit: 300_000)
        #expect(chart.bars("bar-running").count == 6 && chart.bars("bar-over").count == 3)
        let place = try #require(chart.place(of: "limit"))
        #expect(chart.bars("bar-running").allSatisfy { $0.x + $0.width <= place })
        #expect(chart.bars("bar-over").allSatisfy { $0.x >= place })
        #expect(chart.labels.contains("limit 5m"))
        #expect(chart.title == "Ages of the running “report” jobs")
        #expect(chart.summary == "139 jobs are running, 7 of them over the limit of 5m.")
    }

    @Test("has the exact numbers of every range as a tooltip")
    func tooltips() throws {
        let chart = try self.chart(self.buckets([1234, 1] + [Int](repeating: 0, count: 13) + [2]), limit: nil)
        #expect(chart.tooltips == ["up to 5s: 1,234 running", "5s to 10s: 1 running", "over 7d: 2 running"])
        #expect(chart.summary == "1,237 jobs are running; the oldest: over 7d.")
        #expect(chart.of("limit").isEmpty && chart.bars("bar-over").isEmpty)
    }

    @Test("divides the range that contains the limit, and says what is unknown")
    func straddling() throws {
        let chart = try self.chart(self.buckets([0, 0, 0, 0, 0, 3, 2, 4]), limit: 200_000)
        let (before, beyond) = (chart.bars("bar-running"), chart.bars("bar-over"))
        #expect(before.count == 1 && beyond.count == 3 && before[0].height == beyond[0].height)
        #expect(chart.summary == "9 jobs are running, 6 to 9 of them over the limit of 3m 20s.")
    }

    @Test("says if no job is over the limit, and uses the singular for one job")
    func words() throws {
        let chart = try self.chart(self.buckets([1]), limit: 300_000)
        #expect(chart.summary == "1 job is running, none of them over the limit of 5m.")
    }

    @Test(
        "has the line inside the chart wherever the limit is",
        arguments: [0, 1, 1000, 4999, 5000, 5001, 604_799_999, 604_800_000, 2_592_000_000, .max - 1, .max, -5]
    )
    func anywhere(limit: Int) throws {
        let chart = try self.chart(self.buckets([Int](repeating: 3, count: 16)), limit: limit)
        #expect(chart.of("limit").count == 1)
        let over = chart.summary.contains("none") ? 0 : 1
        #expect(chart.bars("bar-over").isEmpty == (over == 0) || limit > 2_592_000_000)
        let place = try #require(chart.place(of: "limit"))
        #expect(35...332 ~= place)
    }

    @Test("is an empty frame with a text where no job is running", arguments: [[], [0], [0, 0, 0, 0], [-4]])
    func empty(counts: [Int]) throws {
        let chart = try self.chart(self.buckets(counts), limit: 1000)
        #expect(chart.labels == ["no job is running"] && chart.of("empty").count == 1)
        #expect(chart.summary == "No job is running." && chart.of("limit").isEmpty)
    }

    @Test("orders buckets, adds those with the same end, and merges too many")
    func odd() throws {
        let buckets = [(60_000, 1), (nil, 2), (5000, 3), (60_000, 4), (-1, 5), (0, 6)].map { end, count in
            AgesChart.Bucket(upTo: end, count: count)
        }
        let texts = ["up to 10ms: 11 running", "10ms to 5s: 3 running", "5s to 1m: 5 running", "over 1m: 2 running"]
        let tooltips = try self.chart(buckets, limit: nil).tooltips
        #expect(tooltips == texts)
        let many = (1...500).map { AgesChart.Bucket(upTo: $0 * 1000, count: 1) }
        let chart = try self.chart(many, limit: 3000)
        #expect(chart.tooltips.last == "15s to 8m 20s: 485 running")
        #expect(chart.summary == "500 jobs are running, 497 of them over the limit of 3s.")
        #expect(try self.chart([.init(upTo: nil, count: 1)], limit: nil).tooltips == ["over 0ms: 1 running"])
    }

    @Test("supports the largest numbers and hostile names")
    func huge() throws {
        let buckets = (0..<16).map { AgesChart.Bucket(upTo: .max - 100 + $0, count: .max - $0) }
        for name in [String(repeating: "\"", count: 500), String(repeating: "🏳️‍🌈", count: 500), "</title><script>"] {
            _ = try self.chart(buckets, limit: .max, name: name, id: "an-id-that-is-longer-than-need-be")
            let days = self.buckets([Int](repeating: .max, count: 16))
            let chart = try self.chart(days, limit: 11_111_111, name: name, id: "an-id-that-is-longer-than-need-be")
            #expect(chart.title.count <= 70)
        }
    }

    @Test("writes a hostile name as text")
    func hostile() throws {
        let name = "</desc><script>'\"</script>\u{0}\u{202E}&lt;"
        let chart = try self.chart(self.buckets([1]), limit: nil, name: name, id: "a\"onload=\"b")
        #expect(chart.title == "Ages of the running “</desc><script>'\"</script>&lt;” jobs")
        #expect(!chart.elements.contains { $0.name == "script" })
        #expect(chart.elements[1].attributes["id"] == "aonloadb-title")
        let long = try self.chart(self.buckets([1]), limit: nil, name: String(repeating: "ab", count: 900))
        #expect(long.title.hasSuffix("ba…” jobs"))
    }

    @Test("is the same for the same data")
    func deterministic() {
        let svgs = (0..<20).map { _ in
            AgesChart(id: "a", name: "x", buckets: self.buckets([1, 2, 3, 4, 5, 6, 7]), limit: 60_000).svg
        }
        #expect(Set(svgs).count == 1)
    }
}
