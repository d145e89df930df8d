import Unstick

/// The ages of the running jobs of a kind and tier, compared with their limit.
struct AgesRow {
    var kind: String
    var running: String
    var limit: String
    var oldest: String
    var href: String
    var agesSvg: String

    /// More kinds and tiers are not drawn.
    static let most = 12

    /// The limits between the ranges of ages.
    static let edges: [Duration] = [
        5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600, 10_800, 43_200, 86_400, 604_800,
    ].map { .seconds($0) }

    init(_ ages: RunningAges, _ rule: Rule, number: Int, _ now: Timestamp, _ request: PageRequest) {
        let name = [ages.kind.kind, ages.kind.tier].compactMap { $0 }.joined(separator: " · ")
        self.kind = name
        self.running = ages.counts.reduce(0, +).grouped
        self.limit = rule.timeout?.text ?? "none"
        self.oldest = (now - ages.oldest).text
        self.href =
            Link(
                request.href("/jobs"),
                [("status", JobStatus.processing.rawValue), ("kind", ages.kind.kind), ("tier", ages.kind.tier)]
            ).href
        self.agesSvg =
            AgesChart(
                id: "ages-\(number)",
                name: name,
                buckets: zip(Self.edges.map { Optional($0.inMilliseconds) } + [nil], ages.counts).map {
                    AgesChart.Bucket(upTo: $0, count: $1)
                },
                limit: rule.timeout?.inMilliseconds
            ).svg
    }
}
