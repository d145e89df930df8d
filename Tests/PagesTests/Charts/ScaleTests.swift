import Testing

@testable import UnstickPages

@Suite("Scales and ticks")
struct ScaleTests {
    @Test("place values by difference or by ratio, and values outside at the nearer end")
    func places() {
        let linear = Scale(.linear, from: 0, to: 200, start: 100, end: 0)
        #expect([-5, 0, 50, 200, 900, .infinity].map(linear.place) == [100, 100, 75, 0, 0, 0])
        let logarithmic = Scale(.logarithmic, from: 1, to: 10_000, start: 0, end: 400)
        #expect([0, -1, 1, 10, 100, 10_000, 1e300].map(logarithmic.place) == [0, 0, 0, 100, 200, 400, 400])
        #expect(Scale(.linear, from: 3, to: 3, start: 7, end: 9).place(3) == 7)
        #expect(Scale(.logarithmic, from: 3, to: 3, start: 7, end: 9).place(5) == 7)
    }

    @Test(
        "go in steps of 1, 2 or 5",
        arguments: [
            (0, [0, 1, 2, 3, 4, 5]), (1, [0, 1]), (3, [0, 1, 2, 3]), (7, [0, 2, 4, 6, 8]), (12, [0, 5, 10, 15]),
            (41, [0, 10, 20, 30, 40, 50]), (100, [0, 20, 40, 60, 80, 100]), (101, [0, 50, 100, 150]),
            (-4, [0, 1, 2, 3, 4, 5]),
        ]
    )
    func ticks(most: Int, values: [Int]) {
        // For zero, any top would do, and the last choice is used.
        let ticks = AxisTicks(upTo: most, atMost: 5)
        #expect(most > 0 ? ticks.values == values : ticks.top >= 1)
    }

    @Test("reach the largest count and not far beyond, up to the largest number")
    func bounds() {
        var most = 1
        while most < Int.largestCount {
            for count in [most, most + 1, most * 2 - 1] {
                let single = AxisTicks(upTo: count, atMost: 5)
                #expect(single.top >= count && single.top <= count * 5 / 3 + 1, "\(count)")
                let (first, second) = AxisTicks.pair(count, 7)
                #expect(first.top >= count && second.top >= 7 && first.intervals == second.intervals)
                for ticks in [single, first, second] {
                    #expect(String(ticks.step).allSatisfy { "0125".contains($0) }, "\(ticks.step)")
                    #expect(2...6 ~= ticks.values.count)
                }
            }
            most *= 3
        }
        #expect(AxisTicks(upTo: 2 * Int.largestCount, atMost: 5).top == 20_000_000_000_000_000)
        #expect(AxisTicks(upTo: .max, atMost: 5).top == 100_000_000_000_000_000)
    }

    @Test(
        "shorten large numbers",
        arguments: [
            (0, "0"), (950, "950"), (999, "999"), (1000, "1k"), (1049, "1k"), (1050, "1.1k"), (1500, "1.5k"),
            (9949, "9.9k"), (9999, "10k"), (12_345, "12k"), (99_499, "99k"), (999_499, "999k"), (999_500, "1M"),
            (3_400_000, "3.4M"), (2_000_000_000, "2G"), (7_200_000_000_000, "7.2T"), (Int.largestCount, "9P"),
            (20_000_000_000_000_000, "20P"), (-7, "-7"),
            (.max, "9223P"),
        ]
    )
    func shortening(number: Int, text: String) {
        #expect(number.shortened == text)
    }

    @Test("add counts without an overflow")
    func totals() {
        #expect([1, 2, 3].total == 6)
        #expect([Int](repeating: .largestCount, count: 25).total == 225_179_981_368_524_775)
        #expect([Int.max, 1, 5].total == .max)
        #expect([-1, 0, 5, .max].map(\.asCount) == [0, 0, 5, .largestCount])
    }
}
