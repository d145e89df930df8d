import Unstick

/// A chart of the ages of the running jobs of one kind, and of which are over their limit.
///
/// A bar is as wide as its range of ages on a logarithmic axis. A bar that contains the limit is drawn in two parts of
/// the same height, because the position of the jobs in it is unknown.
struct AgesChart: Hashable, Sendable {
    /// How many jobs are in a range of ages.
    struct Bucket: Hashable, Sendable {
        /// The age in milliseconds that ends it; it begins where the one before ends; `nil` for everything older.
        let upTo: Int?
        /// How many jobs there are.
        let count: Int

        /// Makes a bucket.
        init(upTo: Int?, count: Int) {
            self.upTo = upTo
            self.count = count
        }
    }

    /// The most buckets that are drawn; the last of them includes those after it.
    static let mostBuckets = 16

    private static let frame = ChartFrame(
        width: 360,
        height: 150,
        fontSize: 12,
        left: 36,
        right: 332,
        top: 24,
        bottom: 130
    )

    /// The prefix of the ids in the chart; it must be unique on the page.
    ///
    /// Of its letters, digits, hyphens and underscores, the first 24 count.
    let id: String
    /// The name of the jobs.
    let name: String
    /// The jobs by age, in any order.
    let buckets: [Bucket]
    /// The limit for the age of a job, in milliseconds.
    let limit: Int?

    /// Makes a chart.
    init(id: String, name: String, buckets: [Bucket], limit: Int?) {
        self.id = id
        self.name = name.cut(to: 32)
        self.buckets = buckets
        self.limit = limit.map { max(0, $0) }
    }

    /// The chart.
    var svg: String {
        let ranges = AgeRange.ranges(of: self.buckets)
        return Self.frame.svg(
            id: self.id,
            title: "Ages of the running “\(self.name)” jobs",
            summary: self.summary(of: ranges)
        ) { svg in
            if ranges.contains(where: { $0.count > 0 }) {
                self.draw(ranges, in: &svg)
            } else {
                Self.frame.drawEmpty("no job is running", in: &svg)
            }
        }
    }

    private func draw(_ ranges: [AgeRange], in svg: inout SVG) {
        let ticks = AxisTicks(upTo: ranges.map(\.count).max() ?? 0, atMost: 5)
        let axis = AgeRange.axis(of: ranges, limit: self.limit, in: Self.frame)
        svg.text("jobs", 2, Self.frame.top - 8, style: "label")
        Self.frame.drawCounts(ticks, in: &svg)
        axis.drawTicks(in: Self.frame, &svg)
        let limit = self.limit.map { LimitLine(.inForce, $0, on: axis) }
        let place = limit?.x ?? Self.frame.right
        let scale = Self.frame.scale(ticks)
        Self.draw(ranges, as: "bar-running", in: &svg) { $0.bar(on: axis).part(before: place, on: scale) }
        Self.draw(ranges, as: "bar-over", in: &svg) { $0.bar(on: axis).part(beyond: place, on: scale) }
        LimitLine.draw(limit.map { [$0] } ?? [], in: Self.frame, &svg)
    }

    private static func draw(
        _ ranges: [AgeRange],
        as style: String,
        in svg: inout SVG,
        path: (AgeRange) -> SVGPath
    ) {
        svg.element("g", ["class": .text(style)]) { svg in
            for range in ranges {
                svg.area(path(range), tooltip: "\(range.description): \(range.count.exact) running")
            }
        }
    }

    private func summary(of ranges: [AgeRange]) -> String {
        let total = ranges.map(\.count).total
        guard total > 0 else { return "No job is running." }
        let jobs = "\(total.of("job")) \(total == 1 ? "is" : "are") running"
        guard let limit else {
            let oldest = ranges.last { $0.count > 0 }?.description ?? ""
            return "\(jobs); the oldest: \(oldest)."
        }
        let least = ranges.filter { $0.from >= limit }.map(\.count).total
        let most = ranges.filter { $0.to > limit }.map(\.count).total
        let over = most == 0 ? "none" : least == most ? most.grouped : "\(least.grouped) to \(most.grouped)"
        return "\(jobs), \(over) of them over the limit of \(limit.durationText)."
    }
}
