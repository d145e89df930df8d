import Unstick

/// How many jobs are older than one age and no older than another, both in milliseconds.
struct AgeRange: Hashable, Sendable {
    /// The smallest end of a range: ten milliseconds, for which there is room on the axis.
    private static let shortest = 10

    /// A range that ends after ten years or more has no end, so that the number of texts is bounded.
    private static let longest = 315_360_000_000

    /// Where it begins.
    let from: Int
    /// Where it ends; the largest number where it does not.
    let to: Int
    /// How many jobs there are.
    let count: Int

    /// The range as text: `up to 5s`, `5s to 1m`, `over 7d`.
    var description: String {
        let (from, to) = (self.from.durationText, self.to.durationText)
        return self.to == .max ? "over \(from)" : self.from == 0 ? "up to \(to)" : "\(from) to \(to)"
    }

    /// The bar of the range.
    func bar(on axis: DurationAxis) -> HistogramBar {
        HistogramBar(start: axis.place(self.from), end: axis.place(self.to), count: self.count)
    }

    /// The ranges of buckets, one after the other from zero.
    static func ranges(of buckets: [AgesChart.Bucket]) -> [AgeRange] {
        var counts: [Int: Int] = [:]
        for bucket in buckets {
            let end = bucket.upTo.flatMap { $0 < Self.longest ? max(Self.shortest, $0) : nil } ?? .max
            counts[end] = [counts[end] ?? 0, bucket.count.asCount].total.asCount
        }
        let sorted = counts.sorted { $0.key < $1.key }
        var ranges: [AgeRange] = []
        for (end, count) in sorted.prefix(AgesChart.mostBuckets - 1) {
            ranges.append(AgeRange(from: ranges.last?.to ?? 0, to: end, count: count))
        }
        let rest = sorted.dropFirst(ranges.count)
        if let last = rest.last {
            ranges.append(AgeRange(from: ranges.last?.to ?? 0, to: last.key, count: rest.map(\.value).total.asCount))
        }
        return ranges
    }

    /// The axis for ranges: a range that begins at zero or has no end gets as much room as its neighbour.
    static func axis(of ranges: [AgeRange], limit: Int?, in frame: ChartFrame) -> DurationAxis {
        let ends = ranges.map(\.to).filter { $0 < .max }
        let (first, last) = (ends.first ?? 1000, ends.last ?? 1000)
        let lowest = first / Self.times(first, ends.dropFirst().first)
        let highest = last * Self.times(ends.dropLast().last, last)
        return DurationAxis(
            from: lowest,
            to: ranges.last?.to == .max ? highest : last,
            limits: limit.map { [$0] } ?? [],
            in: frame
        )
    }

    /// The ratio of two consecutive ends.
    private static func times(_ end: Int?, _ next: Int?) -> Int {
        guard let end, let next else { return 3 }
        return min(max(2, next / end), 10)
    }
}
