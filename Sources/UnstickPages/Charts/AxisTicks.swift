/// The tick values of an axis of counts: from zero in steps of 1, 2 or 5 times a power of ten.
struct AxisTicks: Hashable, Sendable {
    /// The step between two values.
    let step: Int
    /// The number of steps.
    let intervals: Int

    /// Makes the ticks for counts up to this one, in exactly this many steps.
    init(upTo most: Int, intervals: Int) {
        self.step = Self.niceStep(atLeast: (Self.bounded(most) + intervals - 1) / intervals)
        self.intervals = intervals
    }

    /// Makes the ticks for counts up to this one that leave least room above it, in at most this many steps.
    init(upTo most: Int, atMost intervals: Int) {
        let choices = (1...max(1, intervals)).map { AxisTicks(upTo: most, intervals: $0) }
        self = choices.dropFirst().reduce(choices[0]) { $1.top <= $0.top ? $1 : $0 }
    }

    /// Makes the ticks for two axes that share their grid; little room above counts more for the first.
    static func pair(_ first: Int, _ second: Int) -> (AxisTicks, AxisTicks) {
        let choices = (2...5).map { (AxisTicks(upTo: first, intervals: $0), AxisTicks(upTo: second, intervals: $0)) }
        func room(_ pair: (AxisTicks, AxisTicks)) -> Double {
            2 * pair.0.room(above: first) + pair.1.room(above: second)
        }
        return choices.dropFirst().reduce(choices[0]) { room($1) < room($0) ? $1 : $0 }
    }

    /// The largest value.
    var top: Int { self.step * self.intervals }

    /// All values, from zero.
    var values: [Int] { (0...self.intervals).map { $0 * self.step } }

    private func room(above most: Int) -> Double { Double(self.top) / Double(max(1, Self.bounded(most))) }

    private static func niceStep(atLeast least: Int) -> Int {
        var power = 1
        while power * 10 <= least { power *= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least } ?? power * 10
    }

    /// Keeps steps far below integer overflow; the sum of two counts is below that.
    private static func bounded(_ most: Int) -> Int { min(max(0, most), 100_000_000_000_000_000) }
}
