import Testing

@testable import UnstickPages

@Suite("Duration axis")
struct DurationAxisTests {
    private static let frame = ChartFrame(
        width: 360,
        height: 150,
        fontSize: 12,
        left: 36,
        right: 332,
        top: 24,
        bottom: 130
    )

    private func axis(_ from: Int, _ to: Int, limits: [Int] = []) -> DurationAxis {
        DurationAxis(from: from, to: to, limits: limits, in: Self.frame)
    }

    @Test(
        "have ticks at round durations as text",
        arguments: [
            (2000, 4_000_000_000, ["10s", "1m", "10m", "1h", "1d", "10d"]),
            (10_000, 3_600_000, ["10s", "30s", "1m", "5m", "10m", "30m", "1h"]),
            (900, 70_000, ["1s", "5s", "10s", "30s", "1m"]),
            (2100, 4200, ["2.1s", "3s", "4.2s"]), (1, 1, ["1ms", "2ms"]),
            (61_000, 100_000, ["1m 1s", "2m"]), (40_000, 50_000, ["40s", "1m", "1m 20s"]),
        ]
    )
    func ticks(from: Int, to: Int, words: [String]) {
        #expect(self.axis(from, to).ticks(in: Self.frame).map(\.durationText) == words)
    }

    @Test("have ticks that do not overlap, at least two unless there are many days")
    func everyRange() {
        var from = 1
        while from < .max / 7 {
            var to = from
            while to < .max / 7 {
                self.check(self.axis(from, to, limits: [from / 2, to + 1, .max]), atLeast: to < 4_000_000_000 ? 2 : 0)
                to = to * 7 / 3 + 1
            }
            from = from * 3 / 2 + 1
        }
        self.check(self.axis(0, .max), atLeast: 2)
        self.check(self.axis(.max, 0), atLeast: 0)
    }

    private func check(_ axis: DurationAxis, atLeast least: Int) {
        let ticks = axis.ticks(in: Self.frame)
        #expect(ticks.count >= least && ticks == ticks.sorted(), "\(axis.scale) \(ticks.map(\.durationText))")
        let spans = ticks.map { tick in
            TextAnchor.middle.span(at: axis.place(tick), width: Self.frame.width(of: tick.durationText))
        }
        for (span, next) in zip(spans, spans.dropFirst()) {
            #expect(span.upperBound + 4 < next.lowerBound, "\(axis)")
        }
        #expect(spans.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= Self.frame.width })
    }

    @Test("are stretched only for a limit that is not far away")
    func limits() {
        let plain = self.axis(1000, 1_000_000)
        #expect(self.axis(1000, 1_000_000, limits: [60_000]) == plain)
        #expect(self.axis(1000, 1_000_000, limits: [.max, 0]) == plain)
        let right = self.axis(1000, 1_000_000, limits: [2_000_000])
        #expect(right.scale.lowest == 1000 && right.place(2_000_000) < Self.frame.right - 5)
        let left = self.axis(1000, 1_000_000, limits: [500])
        #expect(left.scale.highest == 1_000_000 && left.place(500) > Self.frame.left + 5)
        // The data always get at least about half of it.
        let both = self.axis(1000, 1_000_000, limits: [20, 50_000_000])
        #expect(both.place(1_000_000) - both.place(1000) >= (Self.frame.right - Self.frame.left) * 0.43)
    }

    @Test(
        "show seconds with their fraction, if they are few",
        arguments: [
            (0, "0ms"), (999, "999ms"), (1000, "1s"), (2500, "2.5s"), (3999, "4s"), (12_300, "12s"), (90_000, "1m 30s"),
        ]
    )
    func words(milliseconds: Int, text: String) {
        #expect(milliseconds.durationText == text)
    }
}
