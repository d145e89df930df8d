import Foundation
import Testing

@testable import UnstickPages

@Suite("Durations chart")
struct DurationsChartTests {
    private static let bell = (0..<40).map { 3 + Int(3000 * exp(-pow(Double($0) - 14, 2) / 30)) }

    private func chart(
        _ bars: [Int] = Self.bell,
        from shortest: Int = 2000,
        to longest: Int = 1_800_000,
        limit: (Int, killed: Int)? = nil,
        suggested: (Int, killed: Int)? = nil,
        name: String = "report gold",
        id: String = "durations"
    ) throws -> ParsedSVG {
        let chart = DurationsChart(
            id: id,
            name: name,
            bars: bars,
            shortest: shortest,
            longest: longest,
            limit: limit.map { .init(milliseconds: $0.0, killed: $0.killed) },
            suggested: suggested.map { .init(milliseconds: $0.0, killed: $0.killed) }
        )
        return try .checked(chart.svg, atMost: 3000)
    }

    @Test("draws the good jobs that the limit in force would have failed in another style")
    func limits() throws {
        let chart = try self.chart(limit: (300_000, killed: 1237), suggested: (750_000, killed: 0))
        let (limit, suggested) = (try #require(chart.place(of: "limit")), try #require(chart.place(of: "suggested")))
        #expect(limit < suggested && chart.of("suggested").first?.attributes["stroke-dasharray"] == "5 3")
        #expect(chart.bars("bar-past").allSatisfy { $0.x + $0.width <= limit })
        #expect(chart.bars("bar-over").allSatisfy { $0.x >= limit })
        #expect(chart.bars("bar-past").count + chart.bars("bar-over").count == 41, "one bar is divided")
        #expect(chart.labels.contains("limit 5m") && chart.labels.contains("suggested 12m 30s"))
        #expect(chart.title == "Durations of completed “report gold” jobs")
        #expect(
            chart.summary
                == "29,225 jobs were completed. The limit of 5m would have killed "
                + "1,237 of them. The suggested limit of 12m 30s would have killed none of them."
        )
    }

    @Test("uses the suggested limit for that if none is in force")
    func suggestion() throws {
        let chart = try self.chart(suggested: (300_000, killed: 3))
        let place = try #require(chart.place(of: "suggested"))
        #expect(chart.of("limit").isEmpty && chart.bars("bar-over").allSatisfy { $0.x >= place })
        #expect(chart.summary.contains(" There is no limit. The suggested limit of 5m would have killed 3 of them."))
        let plain = try self.chart()
        #expect(plain.bars("bar-over").isEmpty && plain.bars("bar-past").count == 40)
    }

    @Test("is correct wherever the limits are, together, apart or outside")
    func anywhere() throws {
        let places = [0, 1, 1999, 2000, 2001, 5000, 60_000, 61_000, 1_799_999, 1_800_000, 3_600_000, 86_400_000, .max]
        for limit in places {
            for suggested in places {
                let chart = try self.chart(limit: (limit, killed: 1), suggested: (suggested, killed: 2))
                #expect(chart.of("limit").count == 1 && chart.of("suggested").count == 1)
                #expect(chart.bars("bar-past").isEmpty == (limit <= 2001))
                #expect(chart.bars("bar-over").isEmpty == (limit >= 1_799_999))
            }
        }
    }

    @Test("shows a single job beside any number of others")
    func few() throws {
        let chart = try self.chart([Int.max, 1, 0], limit: nil)
        #expect(chart.bars("bar-past").map(\.height) == [95, 2])
    }

    @Test("is an empty frame with a text where there are no past jobs", arguments: [[], [0], [0, 0, 0], [-1]])
    func empty(bars: [Int]) throws {
        let chart = try self.chart(bars, from: 0, to: 0, limit: (1000, killed: 0))
        #expect(chart.labels == ["no job is completed yet"] && chart.of("empty").count == 1)
        #expect(chart.summary == "No job is completed yet." && chart.of("limit").isEmpty)
    }

    @Test("shows a single bar, and ranges without a length")
    func single() throws {
        let chart = try self.chart([1], from: 42_000, to: 42_000)
        #expect(chart.bars("bar-past").count == 1)
        #expect(chart.bars("bar-past").first?.width == 295)
        #expect(chart.summary == "1 job was completed. There is no limit.")
        for (from, to) in [(0, 0), (5, 1), (-7, -9), (.max, .max), (.max, 1), (1, .max), (.min, .max)] {
            let chart = try self.chart(from: from, to: to, limit: (.max, killed: 0), suggested: (0, killed: 0))
            #expect(chart.bars("bar-past").count + chart.bars("bar-over").count >= 20)
        }
    }

    @Test("merges neighbours where there are too many bars", arguments: [47, 48, 49, 96, 97, 1000, 100_003])
    func many(count: Int) throws {
        let chart = try self.chart([Int](repeating: 1, count: count))
        let bars = chart.bars("bar-past")
        #expect(24...48 ~= bars.count)
        #expect(bars.first?.x == 36 && bars.last.map { $0.x + $0.width } ?? 0 >= 331)
        let digits = chart.summary.prefix { $0 != " " }.filter(\.isNumber)
        #expect(Int(digits) == count)
    }

    @Test("supports the largest numbers and hostile names")
    func huge() throws {
        let bars = (0..<2000).map { Int.max - $0 * 1_000_000_000_000_000 }
        for name in [String(repeating: "\"", count: 500), String(repeating: "🏳️‍🌈", count: 500), "</title><script>"] {
            let chart = try self.chart(
                bars,
                limit: (2_000_000, killed: .max),
                suggested: (1_000_001, killed: .max),
                name: name,
                id: "an-id-that-is-longer-than-need-be"
            )
            #expect(!chart.elements.contains { $0.name == "script" } && chart.title.count <= 70)
        }
    }

    @Test("stays small for any numbers")
    func random() throws {
        var numbers = ChartNumbers(state: 7)
        for _ in 0..<200 {
            let bars = (0..<Int.random(in: 0...96, using: &numbers)).map { _ in numbers.count() }
            let times = (0..<4).map { _ in numbers.count() >> 16 }
            _ = try self.chart(
                bars,
                from: times[0],
                to: times[1],
                limit: Bool.random(using: &numbers) ? (times[2], killed: times[2]) : nil,
                suggested: (times[3], killed: times[3])
            )
        }
    }

    @Test("is the same for the same data")
    func deterministic() {
        let svgs = (0..<5).map { _ in
            DurationsChart(
                id: "d",
                name: "x",
                bars: Self.bell,
                shortest: 1,
                longest: 999,
                limit: .init(milliseconds: 500, killed: 1),
                suggested: nil
            ).svg
        }
        #expect(Set(svgs).count == 1)
    }
}
