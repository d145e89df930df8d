import Synchronization

/// The series of one family, up to a limit.
final class FamilySeries: Sendable {
    private typealias Key = [String]

    /// The declaration.
    let family: MetricFamily
    private let limit: Int
    // The labels that stand for all combinations over the limit.
    private let other: [String]
    private let series: Mutex<[[String]: any MetricSeries]>

    /// Starts without series, or with the only one where the family has no labels.
    init(of family: MetricFamily, limit: Int) {
        self.family = family
        self.limit = limit
        self.other = family.labels.map { _ in "other" }
        self.series = Mutex(Self.atStart(of: family))
    }

    /// The series for labels, created if necessary.
    func series(for dimensions: [(String, String)]) -> any MetricSeries {
        let values = self.family.labels.map { label in dimensions.first { $0.0 == label }?.1 ?? "" }
        return self.series.withLock { series in
            let key = self.key(for: values, in: series)
            if let known = series[key] {
                return known
            }
            let made = Self.series(at: SeriesPlace(family: self.family, values: key))
            series[key] = made
            return made
        }
    }

    /// Replaces all series of a gauge at once; values with the same labels are combined.
    func replace(with gauges: [([String: String], Double)], combine: (Double, Double) -> Double) {
        var values: [Key: Double] = [:]
        for (labels, value) in gauges {
            let key = self.key(for: self.family.labels.map { labels[$0] ?? "" }, in: values)
            values[key] = values[key].map { combine($0, value) } ?? value
        }
        var made: [Key: any MetricSeries] = [:]
        for (key, value) in values {
            made[key] = GaugeSeries(at: SeriesPlace(family: self.family, values: key), value: value)
        }
        self.series.withLock { [made] in $0 = made }
    }

    /// Removes a series, unless others record into it too; without labels, it restarts from zero.
    func remove(_ removed: any MetricSeries) {
        let key = removed.place.values
        guard self.family.labels.isEmpty || key != self.other else { return }
        self.series.withLock { series in
            guard let known = series[key], known === removed else { return }
            series[key] = Self.atStart(of: self.family)[key]
        }
    }

    /// Writes the family, unless it has no series.
    func write(to text: inout ExpositionText) {
        let series = self.series.withLock { Array($0.values) }
        guard !series.isEmpty else { return }
        text.header(self.family)
        for one in series.sorted(by: { $0.place.values.lexicographicallyPrecedes($1.place.values) }) {
            one.write(to: &text)
        }
    }

    private func key<Value>(for values: Key, in known: [Key: Value]) -> Key {
        guard known[values] == nil else { return values }
        let own = known.count - (known[self.other] == nil ? 0 : 1)
        return own < self.limit ? values : self.other
    }

    // A counter starts at zero, because `increase()` ignores the first value of a series.
    private static func atStart(of family: MetricFamily) -> [Key: any MetricSeries] {
        guard family.labels.isEmpty, family.kind != .gauge else { return [:] }
        return [[]: self.series(at: SeriesPlace(family: family, values: []))]
    }

    private static func series(at place: SeriesPlace) -> any MetricSeries {
        switch place.family.kind {
        case .counter: CounterSeries(at: place)
        case .gauge: GaugeSeries(at: place)
        case .histogram: HistogramSeries(at: place)
        }
    }
}
