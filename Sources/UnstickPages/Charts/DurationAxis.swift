import Foundation

/// A logarithmic axis of durations in milliseconds.
struct DurationAxis: Hashable, Sendable {
    /// How far the axis may stretch to include a limit: by this share of the data.
    private static let stretch = 0.6

    /// Maps durations to places.
    let scale: Scale

    /// Makes an axis for the range of the data, and beyond it for limits that are not too far away.
    init(from lowest: Int, to highest: Int, limits: [Int], in frame: ChartFrame) {
        let lowest = Double(max(1, lowest))
        let highest = max(lowest * 2, Double(highest))
        let furthest = pow(highest / lowest, Self.stretch)
        // A line at the very end would look like the end of the axis.
        let margin = pow(highest / lowest, 0.05)
        let near = limits.map(Double.init).filter { lowest / furthest...highest * furthest ~= $0 }
        self.scale = Scale(
            .logarithmic,
            from: min(lowest, near.min().map { $0 / margin } ?? lowest),
            to: max(highest, near.max().map { $0 * margin } ?? highest),
            start: frame.left,
            end: frame.right
        )
    }

    /// The place of a duration; values outside are put at the nearer end.
    func place(_ milliseconds: Int) -> Double { self.scale.place(Double(milliseconds)) }

    /// Draws the ticks as text below the axis, as many as have room.
    func drawTicks(in frame: ChartFrame, _ svg: inout SVG) {
        let y = frame.bottom + (frame.fontSize * 1.3).rounded()
        svg.texts("tick", .middle) { svg in
            for tick in self.ticks(in: frame) {
                svg.text(tick.durationText, self.place(tick), y)
            }
        }
    }

    /// The durations below the axis: round ones, and the ends if there are hardly any between.
    func ticks(in frame: ChartFrame) -> [Int] {
        let levels = (1...Self.round.count).map { level in
            Self.round.prefix(level).flatMap { $0 }.sorted().filter(self.contains)
        }
        if let ticks = levels.last(where: { $0.count > 1 && self.fitting($0, in: frame) == $0 }) { return ticks }
        if let ticks = levels.first, ticks.count > 1 { return self.fitting(ticks, in: frame) }
        let ends = [self.scale.lowest.rounded(.up), self.scale.highest.rounded(.down)].map { Int(min($0, 9e18)) }
        return self.fitting((levels.last ?? []) + ends, in: frame).sorted()
    }

    /// The ticks whose text does not overlap the edges or earlier texts.
    private func fitting(_ ticks: [Int], in frame: ChartFrame) -> [Int] {
        let gap = frame.fontSize / 2
        var taken: [ClosedRange<Double>] = []
        return ticks.filter { tick in
            let width = frame.width(of: tick.durationText)
            let span = TextAnchor.middle.span(at: self.place(tick), width: width)
            guard span.lowerBound >= 0, span.upperBound <= frame.width else { return false }
            guard taken.allSatisfy({ $0.upperBound + gap < span.lowerBound || span.upperBound + gap < $0.lowerBound })
            else { return false }
            taken.append(span)
            return true
        }
    }

    private func contains(_ milliseconds: Int) -> Bool {
        self.scale.lowest...self.scale.highest ~= Double(milliseconds)
    }

    /// Round durations in milliseconds, the roundest first.
    private static let round: [[Int]] = {
        let (second, minute, hour, day) = (1000, 60_000, 3_600_000, 86_400_000)
        let powers = (0...9).map { digits in (0..<digits).reduce(1) { power, _ in power * 10 } }
        return [
            [1, 10, 100, second, 10 * second, minute, 10 * minute, hour] + powers.map { $0 * day },
            [5, 50, 500, 5 * second, 30 * second, 5 * minute, 30 * minute, 6 * hour]
                + powers.map { $0 * (5 * day) },
            [2, 3, 20, 30, 200, 300, 2 * second, 3 * second, 20 * second, 2 * minute, 3 * minute, 20 * minute]
                + [2 * hour, 3 * hour, 12 * hour] + powers.map { $0 * (2 * day) },
        ]
    }()
}
