import Foundation
import Unstick

/// A chart of the durations of past jobs, and of how many good ones a limit would have failed.
///
/// The part over the limit in force has another style; without such a limit, the part over the suggested limit.
struct DurationsChart: Hashable, Sendable {
    /// A limit, and its effect on past jobs.
    struct Limit: Hashable, Sendable {
        /// The longest duration of a job, in milliseconds.
        let milliseconds: Int
        /// How many of the completed jobs took longer.
        let killed: Int

        /// Makes a limit.
        init(milliseconds: Int, killed: Int) {
            self.milliseconds = max(0, milliseconds)
            self.killed = killed.asCount
        }
    }

    /// The most bars that are drawn; with more, neighbours are merged.
    static let mostBars = 48

    private static let frame = ChartFrame(
        width: 360,
        height: 164,
        fontSize: 12,
        left: 36,
        right: 332,
        top: 38,
        bottom: 144
    )

    /// The prefix of the ids in the chart; it must be unique on the page.
    ///
    /// Of its letters, digits, hyphens and underscores, the first 24 count.
    let id: String
    /// The name of the jobs.
    let name: String
    /// The number of jobs in each range; each range is longer than the one before by the same factor.
    let bars: [Int]
    /// The start of the first range, in milliseconds.
    let shortest: Int
    /// The end of the last range, in milliseconds.
    let longest: Int
    /// The limit in force.
    let limit: Limit?
    /// The limit that past jobs suggest.
    let suggested: Limit?

    /// Makes a chart.
    init(id: String, name: String, bars: [Int], shortest: Int, longest: Int, limit: Limit?, suggested: Limit?) {
        self.id = id
        self.name = name.cut(to: 32)
        self.bars = bars.map(\.asCount)
        self.shortest = min(max(1, shortest), .max / 4)
        // A range must not be empty, whatever its ends are.
        self.longest = max(longest, self.shortest * 2)
        self.limit = limit
        self.suggested = suggested
    }

    /// The chart.
    var svg: String {
        Self.frame.svg(
            id: self.id,
            title: "Durations of completed “\(self.name)” jobs",
            summary: self.summary
        ) { svg in
            if self.bars.contains(where: { $0 > 0 }) {
                self.draw(in: &svg)
            } else {
                Self.frame.drawEmpty("no job is completed yet", in: &svg)
            }
        }
    }

    private func draw(in svg: inout SVG) {
        let counts = self.mergedCounts
        let ticks = AxisTicks(upTo: counts.max() ?? 0, atMost: 5)
        let limits = [self.limit, self.suggested].compactMap { $0?.milliseconds }
        let axis = DurationAxis(from: self.shortest, to: self.longest, limits: limits, in: Self.frame)
        svg.text("jobs", 2, Self.frame.top - 8, style: "label")
        Self.frame.drawCounts(ticks, in: &svg)
        axis.drawTicks(in: Self.frame, &svg)
        let place = limits.first.map(axis.place) ?? Self.frame.right
        self.draw(self.histogram(of: counts, on: axis), dividedAt: place, on: Self.frame.scale(ticks), in: &svg)
        let lines = [
            self.limit.map { LimitLine(.inForce, $0.milliseconds, on: axis) },
            self.suggested.map { LimitLine(.suggested, $0.milliseconds, on: axis) },
        ]
        LimitLine.draw(lines.compactMap { $0 }, in: Self.frame, &svg)
    }

    private func draw(_ bars: [HistogramBar], dividedAt place: Double, on scale: Scale, in svg: inout SVG) {
        svg.fill("bar-past", SVGPath(bars.map { $0.part(before: place, on: scale) }))
        svg.fill("bar-over", SVGPath(bars.map { $0.part(beyond: place, on: scale) }))
    }

    /// The number of ranges in a bar.
    private var rangesPerBar: Int { max(1, (self.bars.count + Self.mostBars - 1) / Self.mostBars) }

    private var mergedCounts: [Int] {
        stride(from: 0, to: self.bars.count, by: self.rangesPerBar).map { start in
            self.bars[start..<min(start + self.rangesPerBar, self.bars.count)].total.asCount
        }
    }

    private func histogram(of counts: [Int], on axis: DurationAxis) -> [HistogramBar] {
        let times = Double(self.longest) / Double(self.shortest)
        let places = (0...counts.count).map { index in
            let share = min(1, Double(index * self.rangesPerBar) / Double(self.bars.count))
            return axis.scale.place(Double(self.shortest) * pow(times, share))
        }
        return zip(counts, zip(places, places.dropFirst())).map { count, ends in
            HistogramBar(start: ends.0, end: ends.1, count: count)
        }
    }

    private var summary: String {
        let total = self.bars.total
        guard total > 0 else { return "No job is completed yet." }
        let jobs = "\(total.of("job")) \(total == 1 ? "was" : "were") completed."
        let limit = self.limit.map { " The limit of \(Self.effect(of: $0))." }
        let suggested = self.suggested.map { " The suggested limit of \(Self.effect(of: $0))." }
        return jobs + (limit ?? " There is no limit.") + (suggested ?? "")
    }

    private static func effect(of limit: Limit) -> String {
        let killed = limit.killed == 0 ? "none" : limit.killed.grouped
        return "\(limit.milliseconds.durationText) would have killed \(killed) of them"
    }
}
