import Metrics
import Synchronization

/// The values of a family for one combination of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Its family and labels.
    var place: SeriesPlace { get }

    /// Writes the current values.
    func write(to text: inout ExpositionText)
}

/// The family and labels of a series.
struct SeriesPlace: Sendable {
    /// The family.
    let family: MetricFamily
    /// A value for each label of the family, in its order.
    let values: [String]
    /// The labels as in a scrape, without braces; made once, because every scrape writes them.
    let labels: String

    /// Makes a place.
    init(family: MetricFamily, values: [String]) {
        self.family = family
        self.values = values
        self.labels = ExpositionText.labels(zip(family.labels, values))
    }
}

/// A counter for one combination of labels.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    /// Its family and labels.
    let place: SeriesPlace
    private let total = AtomicDouble()

    /// Starts at zero.
    init(at place: SeriesPlace) {
        self.place = place
    }

    /// Adds a whole amount.
    func increment(by amount: Int64) {
        self.increment(by: Double(amount))
    }

    /// Adds an amount, unless it would decrease the counter.
    func increment(by amount: Double) {
        // A counter that decreases reads as one that restarted, and one that is not a number stays so forever.
        guard amount > 0, amount.isFinite else { return }
        self.total.add(amount)
    }

    /// Restarts from zero.
    func reset() {
        self.total.set(0)
    }

    /// Writes the total.
    func write(to text: inout ExpositionText) {
        text.sample(self.place.family.name, labels: self.place.labels, value: self.total.value)
    }
}

/// A gauge for one combination of labels.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    /// Its family and labels.
    let place: SeriesPlace
    private let current: AtomicDouble

    /// Starts at a value.
    init(at place: SeriesPlace, value: Double = 0) {
        self.place = place
        self.current = AtomicDouble(value)
    }

    /// Replaces the value with a whole one.
    func set(_ value: Int64) {
        self.current.set(Double(value))
    }

    /// Replaces the value.
    func set(_ value: Double) {
        self.current.set(value)
    }

    /// Adds to the value.
    func increment(by amount: Double) {
        self.current.add(amount)
    }

    /// Subtracts from the value.
    func decrement(by amount: Double) {
        self.current.add(-amount)
    }

    /// Replaces the value with a whole one.
    func record(_ value: Int64) {
        self.current.set(Double(value))
    }

    /// Replaces the value.
    func record(_ value: Double) {
        self.current.set(value)
    }

    /// Writes the value.
    func write(to text: inout ExpositionText) {
        text.sample(self.place.family.name, labels: self.place.labels, value: self.current.value)
    }
}

/// A number that many threads change at once.
struct AtomicDouble: ~Copyable, Sendable {
    // The bits, because there are no atomic operations on floating point numbers.
    private let bits: Atomic<UInt64>

    /// Starts at a value.
    init(_ value: Double = 0) {
        self.bits = Atomic(value.bitPattern)
    }

    /// The current value.
    var value: Double {
        Double(bitPattern: self.bits.load(ordering: .relaxed))
    }

    /// Replaces the value.
    func set(_ value: Double) {
        self.bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds to the value, and loses no concurrent addition.
    func add(_ amount: Double) {
        var seen = self.bits.load(ordering: .relaxed)
        var exchanged = false
        while !exchanged {
            let sum = Double(bitPattern: seen) + amount
            (exchanged, seen) = self.bits.weakCompareExchange(
                expected: seen,
                desired: sum.bitPattern,
                ordering: .relaxed
            )
        }
    }
}
