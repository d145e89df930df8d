/// The declaration of a metric: its name, kind, help, labels and buckets.
public struct MetricFamily: Hashable, Sendable {
    /// How the values of a family behave.
    public enum Kind: String, Sendable {
        /// Only increases, and restarts from zero with the process.
        case counter
        /// Increases and decreases.
        case gauge
        /// Counts observed values by their size.
        case histogram
    }

    /// The buckets of a histogram that declares none: those of the Prometheus client libraries.
    public static let standardBuckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// The name, in code and in a scrape.
    public let name: String
    /// How its values behave.
    public let kind: Kind
    /// What it counts or measures, for people.
    public let help: String
    /// The names of its labels, in the order of output; a histogram cannot have `le`.
    public let labels: [String]
    /// The upper bounds of its buckets, rising and without the infinite one; none where it is not a histogram.
    public let buckets: [Double]?

    /// Declares a family; bounds may be in any order, and those that are not finite are dropped.
    public init(name: String, kind: Kind, help: String, labels: [String] = [], buckets: [Double]? = nil) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.buckets = kind == .histogram ? Set(buckets ?? Self.standardBuckets).filter(\.isFinite).sorted() : nil
    }
}
