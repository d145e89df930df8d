import Foundation
import Unstick
import UnstickLearning

/// The durations of jobs of a kind and tier, and the effect of limits on them.
struct DurationGroup {
    /// The most kinds and tiers on one page.
    static let most = 16
    private static let bars = 40
    /// The share at which the first bar begins: a few outliers would stretch the axis.
    private static let fastest = 0.01

    var kind: String
    var tier: String?
    var rule: String
    var count: String
    var median: String
    var p99: String
    var slowest: String
    var limit: String
    var killedShare: String
    var suggested: String?
    var suggestedKilledShare: String?
    var basis: String
    /// The share of later good jobs that the suggestion may lose.
    var bound: String?
    var durationsSvg: String

    /// Those with most jobs, and if there are several, all jobs together.
    static func groups(of suggestions: Suggestions) -> [DurationGroup] {
        let kinds = suggestions.lines.filter { $0.group != .all }
        let all = kinds.count > 1 ? suggestions.lines.filter { $0.group == .all } : []
        return (kinds.prefix(Self.most) + all).enumerated().map { number, line in
            DurationGroup(line, number: number, suggestions.method)
        }
    }

    private init(_ line: Suggestions.Line, number: Int, _ method: LimitMethod) {
        let durations = line.durations
        let killed = line.killedByLimit
        self.kind = line.group.kind ?? "all jobs"
        self.tier = line.group.tier
        self.rule = line.rule
        self.count = durations.count.grouped
        self.median = durations.quantile(0.5).text
        self.p99 = durations.quantile(0.99).text
        self.slowest = durations.slowest.text
        self.limit = line.limit?.text ?? "none"
        self.killedShare = killed.share(of: durations.count)
        self.suggested = line.suggested?.text
        self.suggestedKilledShare = line.suggested.map { _ in line.killedBySuggestion.share(of: durations.count) }
        self.basis = line.basis.description(method, isAll: line.group == .all)
        self.bound = line.boundOneIn.map { "loses at most 1 in \($0.grouped)" }
        self.durationsSvg = Self.chart(line, killed: killed, number: number, name: self.kind).svg
    }

    private static func chart(
        _ line: Suggestions.Line,
        killed: Int,
        number: Int,
        name: String
    ) -> DurationsChart {
        let shortest = max(.milliseconds(1), line.durations.quantile(Self.fastest))
        let longest = max(shortest * 2, line.durations.slowest)
        return DurationsChart(
            id: "durations-\(number)",
            name: [name, line.group.tier].compactMap { $0 }.joined(separator: " "),
            bars: line.durations.bars(Self.bars, from: shortest, to: longest),
            shortest: shortest.inMilliseconds,
            longest: longest.inMilliseconds,
            limit: line.limit.map { DurationsChart.Limit(milliseconds: $0.inMilliseconds, killed: killed) },
            suggested: line.suggested.map {
                DurationsChart.Limit(milliseconds: $0.inMilliseconds, killed: line.killedBySuggestion)
            }
        )
    }
}

extension Suggestions.Line {
    /// How many completed jobs the limit beside it would have failed; for all jobs together, each job counts by its own
    /// rule.
    fileprivate var killedByLimit: Int {
        self.group == .all ? self.limit.map { self.durations.count(above: $0) } ?? 0 : self.killed
    }
}

extension Suggestions.Line.Basis {
    /// The method of a suggestion, or why there is none.
    ///
    /// - Parameter isAll: whether it is for all jobs together.
    fileprivate func description(_ method: LimitMethod, isAll: Bool) -> String {
        switch self {
        case .own: "its own jobs"
        case .slowest: "its slowest job"
        case .all: "all jobs"
        case .kept where isAll: "none: the defaults never get shorter"
        case .kept: "none: a shorter limit needs \(method.minimumOwnJobs.of("completed job"))"
        case .tooFew: "none: needs \(method.minimumJobs.of("completed job"))"
        }
    }
}

extension Int {
    /// The share in per cent, with the significant digits: `0.02 %`, `3.1 %`, `12 %`, `none`.
    fileprivate func share(of total: Int) -> String {
        guard self > 0, total > 0 else { return "none" }
        let share = Double(self) / Double(total) * 100
        guard share >= 0.001 else { return "less than 0.001 %" }
        let digits = share >= 10 ? 0 : share >= 1 ? 1 : share >= 0.1 ? 2 : 3
        var text = String(format: "%.\(digits)f", share)
        while text.contains("."), text.last == "0" || text.last == "." { text.removeLast() }
        return text + " %"
    }
}
