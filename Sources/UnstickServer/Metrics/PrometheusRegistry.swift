/// Keeps the declared metrics for Prometheus to scrape, and drops all others.
///
/// Bootstrap swift-metrics with it; see ``MetricFamily`` for the declarations. Undeclared names and labels of
/// dependencies are dropped, so that the number of series and their memory stay bounded.
public final class PrometheusRegistry: Sendable {
    /// The content type of ``exposition()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// The default limit of label combinations of a family; the rest are counted together.
    public static let standardSeriesLimit = 200

    private let families: [String: FamilySeries]
    private let inOrder: [FamilySeries]

    /// Declares all families.
    ///
    /// - Parameters:
    ///   - families: what may be recorded; of two with the same name, the first.
    ///   - seriesLimit: the most combinations of labels of a family; further ones share one series, whose labels all
    ///     are `other`.
    public init(families: [MetricFamily], seriesLimit: Int = PrometheusRegistry.standardSeriesLimit) {
        let series = families.map { ($0.name, FamilySeries(of: $0, limit: seriesLimit)) }
        self.families = Dictionary(series, uniquingKeysWith: { first, _ in first })
        self.inOrder = self.families.values.sorted { $0.family.name < $1.family.name }
    }

    /// All current values, in the text format 0.0.4.
    public func exposition() -> String {
        var text = ExpositionText()
        for family in self.inOrder {
            family.write(to: &text)
        }
        return text.text
    }

    /// Replaces all series of a gauge at once, and removes those that are not given again.
    ///
    /// No scrape sees a part of them. Handlers made for this family before no longer show, so a family is either set
    /// like this or recorded into, not both. Does nothing where the name is not a declared gauge.
    ///
    /// - Parameters:
    ///   - family: the name of the gauge.
    ///   - gauges: the labels and the value of each series.
    ///   - combine: makes one value of two under the same labels, also for those over the limit: the sum for amounts,
    ///     the larger for ages.
    package func replace(
        family: String,
        with gauges: [([String: String], Double)],
        combine: (Double, Double) -> Double = { $0 + $1 }
    ) {
        self.family(family, kind: .gauge)?.replace(with: gauges, combine: combine)
    }

    /// The family of a name, if it was declared as this kind.
    func family(_ name: String, kind: MetricFamily.Kind) -> FamilySeries? {
        guard let family = self.families[name], family.family.kind == kind else { return nil }
        return family
    }
}
