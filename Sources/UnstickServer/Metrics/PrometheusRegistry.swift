/// Keeps the metrics that were declared, for Prometheus to scrape, and drops all others.
///
/// Bootstrap swift-metrics with it; see ``MetricFamily`` for what is declared. What a dependency records under a name
/// that was not declared is dropped, and so are labels that were not declared, so that neither the names nor the memory
/// they take grow beyond what was meant.
public final class PrometheusRegistry: Sendable {
    /// The type of what ``exposition()`` returns, for the header of a response.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// How many combinations of labels a family has, by default, before the rest are counted together.
    public static let standardSeriesLimit = 200

    private let families: [String: FamilySeries]
    private let inOrder: [FamilySeries]

    /// Declares all families there will be.
    ///
    /// - Parameters:
    ///   - families: what may be recorded; of two with the same name, the first.
    ///   - seriesLimit: how many combinations of labels a family has; further ones share one series, whose labels all
    ///     are `other`.
    public init(families: [MetricFamily], seriesLimit: Int = PrometheusRegistry.standardSeriesLimit) {
        let series = families.map { ($0.name, FamilySeries(of: $0, limit: seriesLimit)) }
        self.families = Dictionary(series, uniquingKeysWith: { first, _ in first })
        self.inOrder = self.families.values.sorted { $0.family.name < $1.family.name }
    }

    /// All values as they are now, in the text format 0.0.4.
    public func exposition() -> String {
        var text = ExpositionText()
        for family in self.inOrder {
            family.write(to: &text)
        }
        return text.text
    }

    /// Swaps all series of a gauge at once, so that those which are not given again are gone.
    ///
    /// No scrape sees a part of them. Handlers made for this family before no longer show, so a family is either set
    /// like this or recorded into, not both. Does nothing where the name is not a declared gauge.
    ///
    /// - Parameters:
    ///   - family: the name of the gauge.
    ///   - gauges: the labels and the value of each series.
    ///   - combine: makes one value of two under the same labels, which is also how those past the limit become one:
    ///     the sum for amounts, the larger for ages.
    public func replace(
        family: String,
        with gauges: [([String: String], Double)],
        combine: (Double, Double) -> Double = { $0 + $1 }
    ) {
        self.family(family, kind: .gauge)?.replace(with: gauges, combine: combine)
    }

    /// The family of a name, where it was declared and as this kind.
    func family(_ name: String, kind: MetricFamily.Kind) -> FamilySeries? {
        guard let family = self.families[name], family.family.kind == kind else { return nil }
        return family
    }
}
