import Unstick

/// A chart of the events in each hour of a day.
///
/// Counts of jobs are on the left axis and tokens on the right one. Stripes, dots and steps make the series
/// distinguishable without colour.
struct DayChart: Hashable, Sendable {
    /// The numbers of one hour.
    struct Point: Hashable, Sendable {
        /// When the hour began in UTC, as digits and a colon; anything else is left out.
        let hour: String
        /// How many jobs were failed.
        let failed: Int
        /// How many jobs were retried.
        let retried: Int
        /// How many tokens were refunded.
        let tokensRefunded: Int
        /// How many jobs were found stuck.
        let stuckFound: Int

        /// Makes a point.
        init(hour: String, failed: Int, retried: Int, tokensRefunded: Int, stuckFound: Int) {
            self.hour = String(hour.filter { $0 == ":" || $0.isASCII && $0.isNumber }.prefix(5))
            self.failed = failed.asCount
            self.retried = retried.asCount
            self.tokensRefunded = tokensRefunded.asCount
            self.stuckFound = stuckFound.asCount
        }

        /// The height of the bar.
        var jobs: Int { self.failed + self.retried }

        /// All numbers of the hour, exactly.
        var description: String {
            let tokens = "\(self.tokensRefunded.exact) \(self.tokensRefunded == 1 ? "token" : "tokens")"
            return "\(self.failed.exact) failed, \(self.retried.exact) retried, \(tokens) refunded, "
                + "\(self.stuckFound.exact) found stuck"
        }
    }

    /// The most hours that are drawn: a day, and the current hour.
    static let mostPoints = 25

    /// The prefix of the ids in the chart; it must be unique on the page.
    ///
    /// Of its letters, digits, hyphens and underscores, the first 24 count.
    let id: String
    /// The hours, the newest last.
    let points: [Point]
    /// Whether the last hour is not over yet.
    let lastIsPartial: Bool

    /// Makes a chart of the newest hours.
    init(id: String, points: [Point], lastIsPartial: Bool) {
        self.id = id
        self.points = points.suffix(Self.mostPoints)
        self.lastIsPartial = lastIsPartial && !points.isEmpty
    }

    /// The chart.
    var svg: String {
        let drawing = DayDrawing(self)
        return DayDrawing.frame.svg(
            id: self.id,
            title: "Failed and retried jobs, refunded tokens and stuck jobs by hour",
            summary: self.summary
        ) { svg in
            if self.isQuiet {
                DayDrawing.frame.drawEmpty(self.points.isEmpty ? "no data yet" : "no stuck jobs", in: &svg)
                drawing.drawHours(in: &svg)
            } else {
                drawing.draw(in: &svg)
            }
        }
    }

    private var isQuiet: Bool {
        self.points.allSatisfy { $0.jobs == 0 && $0.tokensRefunded == 0 && $0.stuckFound == 0 }
    }

    private var summary: String {
        guard !self.points.isEmpty else { return "There is no data yet." }
        let hours = self.points.count == 1 ? "the last hour" : "the last \(self.points.count) hours"
        guard !self.isQuiet else { return "In \(hours), nothing was found stuck, failed, retried or refunded." }
        return "In \(hours): \(self.sums).\(self.worst)"
    }

    private var sums: String {
        "\(self.points.map(\.failed).total.grouped) failed, \(self.points.map(\.retried).total.grouped) retried, "
            + "\(self.points.map(\.tokensRefunded).total.of("token")) refunded, "
            + "\(self.points.map(\.stuckFound).total.grouped) found stuck"
    }

    private var worst: String {
        let most = self.points.map(\.jobs).max() ?? 0
        guard most > 0, self.points.count > 1, let worst = self.points.last(where: { $0.jobs == most }) else {
            return ""
        }
        let jobs = "\(worst.failed.grouped) failed and \(worst.retried.grouped) retried"
        return " Most in one hour: \(jobs) at \(worst.hour) UTC."
    }
}
