import Testing

@testable import UnstickPages

@Suite("Day chart")
struct DayChartTests {
    private func chart(_ points: [DayChart.Point], partial: Bool = true, id: String = "day") throws -> ParsedSVG {
        try .checked(DayChart(id: id, points: points, lastIsPartial: partial).svg, atMost: 8192)
    }

    private func point(_ hour: Int, _ failed: Int, _ retried: Int, _ tokens: Int, _ stuck: Int) -> DayChart.Point {
        let name = hour < 10 ? "0\(hour):00" : "\(hour):00"
        return .init(hour: name, failed: failed, retried: retried, tokensRefunded: tokens, stuckFound: stuck)
    }

    private func day(_ count: Int = 24, times: Int = 1) -> [DayChart.Point] {
        (0..<count).map { hour in
            self.point(hour % 24, hour * times, (hour % 5) * times, hour * 8 * times, (hour + 2) * times)
        }
    }

    @Test("has the exact numbers of every hour as a tooltip")
    func tooltips() throws {
        var points = self.day()
        points[13] = self.point(13, 12, 3, 96, 15)
        points[14] = self.point(14, 0, 1, 1, 123_456)
        let chart = try self.chart(points)
        #expect(chart.tooltips.count == 24)
        #expect(chart.tooltips[13] == "13:00: 12 failed, 3 retried, 96 tokens refunded, 15 found stuck")
        #expect(chart.tooltips[14] == "14:00: 0 failed, 1 retried, 1 token refunded, 123,456 found stuck")
        #expect(chart.tooltips[23].hasPrefix("23:00, so far: 23 failed"))
        #expect(try self.chart(points, partial: false).tooltips[23].hasPrefix("23:00: 23 failed"))
    }

    @Test("stacks retried jobs on failed ones, in the scale of the left axis")
    func bars() throws {
        let chart = try self.chart([self.point(1, 30, 10, 5, 0), self.point(2, 0, 20, 7, 0)], partial: false)
        let (failed, retried) = (chart.bars("bar-failed"), chart.bars("bar-retried"))
        #expect(failed.map(\.height) == [117] && retried.map(\.height) == [39, 78])
        #expect(retried[0].y + retried[0].height == failed[0].y && retried[0].x == failed[0].x)
        #expect(retried[1].y + retried[1].height == 206 && retried[1].x == retried[0].x + 16)
        #expect(chart.labels.contains("40") && !chart.labels.contains("50"))
    }

    @Test("shows a single job beside any number of others")
    func few() throws {
        for (failed, retried) in [(9999, 1), (1, 9999), (1, 0), (0, 1), (1, 1)] {
            let chart = try self.chart([self.point(1, 10_000, 0, 5, 0), self.point(2, failed, retried, 7, 0)])
            #expect(chart.bars("bar-failed").count == (failed > 0 ? 2 : 1))
            #expect(chart.bars("bar-retried").count == (retried > 0 ? 1 : 0))
            #expect(chart.bars("bar-retried").allSatisfy { $0.height >= 2 })
            #expect(chart.bars("bar-failed").allSatisfy { $0.height >= 2 })
        }
    }

    @Test("distinguishes everything without colours: by stripes, dots and the names beside them")
    func legend() throws {
        let chart = try self.chart(self.day())
        #expect(chart.labels.prefix(5) == ["failed", "retried", "found stuck", "jobs", "tokens refunded"])
        #expect(chart.of("bar-retried").allSatisfy { $0.attributes["mask"] == "url(#day-mask)" })
        #expect(chart.of("bar-failed").allSatisfy { $0.attributes["mask"] == nil })
        #expect(chart.of("line-stuck").allSatisfy { $0.attributes["stroke-dasharray"] == "0 4" })
        #expect(chart.of("line-refunded").allSatisfy { $0.attributes["stroke-dasharray"] == nil })
    }

    @Test("marks only the current hour")
    func partial() throws {
        let chart = try self.chart(self.day())
        #expect(chart.labels.last == "now")
        let pale = chart.elements.filter { $0.inherited("opacity") == "0.5" && $0.name == "path" }
        let styles = pale.compactMap { $0.attributes["class"] }
        #expect(styles == ["bar-failed", "bar-retried", "line-refunded", "line-stuck"])
        let whole = try self.chart(self.day(), partial: false)
        #expect(whole.labels.last == "23:00" && !whole.elements.contains { $0.attributes["opacity"] != nil })
    }

    @Test("labels every fourth hour, back from the newest")
    func hours() throws {
        let chart = try self.chart(self.day(25), partial: false)
        #expect(chart.labels.suffix(7) == ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00", "00:00"])
        #expect(try self.chart(self.day(24)).labels.suffix(6) == ["03:00", "07:00", "11:00", "15:00", "19:00", "now"])
    }

    @Test("shortens large numbers on the axes, and has a separate scale for tokens")
    func axes() throws {
        let chart = try self.chart([self.point(1, 11_900, 0, 3_400_000, 0), self.point(2, 0, 0, 0, 100)])
        for label in ["5k", "10k", "15k", "2M", "4M", "6M"] { #expect(chart.labels.contains(label), "\(label)") }
    }

    @Test("summarizes in a sentence what happened, and the peak")
    func summary() throws {
        let points = [self.point(1, 30, 10, 500, 41), self.point(2, 38, 2, 1000, 0), self.point(3, 1, 0, 1, 3)]
        #expect(
            try self.chart(points).summary
                == "In the last 3 hours: 69 failed, 12 retried, 1,501 tokens refunded, 44 found stuck. "
                + "Most in one hour: 38 failed and 2 retried at 02:00 UTC."
        )
        #expect(
            try self.chart([self.point(1, 0, 0, 1, 3)]).summary
                == "In the last hour: 0 failed, 0 retried, 1 token refunded, 3 found stuck."
        )
    }

    @Test("is an empty frame with a text where there are no data")
    func empty() throws {
        let chart = try self.chart([])
        #expect(chart.of("empty").map(\.text) == ["no data yet"] && chart.labels == ["no data yet"])
        #expect(chart.of("axis").count == 1 && chart.tooltips.isEmpty)
        #expect(chart.summary == "There is no data yet.")
    }

    @Test("is an empty frame with a text where nothing happened, and still labels the hours")
    func zeros() throws {
        let chart = try self.chart(self.day(times: 0))
        #expect(chart.of("empty").map(\.text) == ["no stuck jobs"])
        #expect(chart.labels.contains("now") && chart.bars("bar-failed").isEmpty)
        #expect(chart.summary == "In the last 24 hours, nothing was found stuck, failed, retried or refunded.")
    }

    @Test("shows a single hour", arguments: [true, false])
    func single(partial: Bool) throws {
        let chart = try self.chart([self.point(13, 4, 2, 96, 7)], partial: partial)
        #expect(chart.bars("bar-failed").count == 1 && chart.bars("bar-retried").count == 1)
        // The one in the legend, and a dot.
        #expect(chart.of("line-refunded").count == 2)
        #expect(chart.of("line-refunded").last?.attributes["d"]?.hasSuffix("h0") == true)
    }

    @Test("shows the newest hours of too many")
    func many() throws {
        let chart = try self.chart(self.day(1000), partial: false)
        #expect(chart.tooltips.count == 25 && chart.tooltips.last?.hasPrefix("15:00: 999 failed") == true)
    }

    @Test("supports the largest numbers and clamps values that are larger or negative")
    func huge() throws {
        let points = (0..<25).map { hour in
            self.point(hour % 24, .max, .largestCount - hour, hour.isMultiple(of: 2) ? .max : .max / 2000, .max - hour)
        }
        let chart = try self.chart(points, id: "an-id-that-is-longer-than-need-be")
        #expect(chart.tooltips[0].hasPrefix("00:00: 9007199254740991 failed, 9007199254740991 retried, "))
        #expect(chart.labels.contains("20P") && chart.labels.contains("10P"))
        #expect(chart.summary.contains("225,179,981,368,524,775 failed"))
        let negative = try self.chart([self.point(1, -5, .min, -1, -9)])
        #expect(negative.of("empty").count == 1)
    }

    @Test("stays small for any numbers")
    func random() throws {
        var numbers = ChartNumbers(state: 5)
        for _ in 0..<200 {
            let points = (0..<Int.random(in: 1...26, using: &numbers)).map { hour in
                self.point(hour % 24, numbers.count(), numbers.count(), numbers.count(), numbers.count())
            }
            _ = try self.chart(points, partial: .random(using: &numbers), id: "an-id-that-is-longer-than-need-be")
        }
    }

    @Test("accepts only digits and a colon in the name of an hour")
    func hostile() throws {
        let point = DayChart.Point(
            hour: "<script>1\u{0}3:0\u{202E}0:00&\"",
            failed: 1,
            retried: 0,
            tokensRefunded: 0,
            stuckFound: 0
        )
        let text = "13:00, so far: 1 failed, 0 retried, 0 tokens refunded, 0 found stuck"
        #expect(try self.chart([point], id: "\"><b").tooltips == [text])
    }

    @Test("is the same for the same data")
    func deterministic() {
        let svgs = (0..<5).map { _ in DayChart(id: "day", points: self.day(25), lastIsPartial: true).svg }
        #expect(Set(svgs).count == 1)
    }
}
