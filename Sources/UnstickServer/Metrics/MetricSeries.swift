/// The values of a family under one combination of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Which family and labels the values are of.
    var place: SeriesPlace { get }

    /// Writes the values as they are now.
    func write(to text: inout ExpositionText)
}

/// Which family and labels a series is of.
struct SeriesPlace: Sendable {
    /// The family.
    let family: MetricFamily
    /// A value for each label of the family, in its order.
    let values: [String]
    /// The labels as they are scraped, without braces; made once, because they are written in every scrape.
    let labels: String

    /// Names a place.
    init(family: MetricFamily, values: [String]) {
        self.family = family
        self.values = values
        self.labels = ExpositionText.labels(zip(family.labels, values))
    }
}
