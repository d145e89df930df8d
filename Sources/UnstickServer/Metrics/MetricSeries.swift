import Metrics
import Synchronization

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

/// A counter under one combination of labels.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    /// Which family and labels it is of.
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

    /// Adds an amount, unless it would make the counter go down.
    func increment(by amount: Double) {
        // A counter that goes down reads as one that started again, and one that is not a number stays so forever.
        guard amount > 0, amount.isFinite else { return }
        self.total.add(amount)
    }

    /// Starts again from zero.
    func reset() {
        self.total.set(0)
    }

    /// Writes the total.
    func write(to text: inout ExpositionText) {
        text.sample(self.place.family.name, labels: self.place.labels, value: self.total.value)
    }
}

/// A gauge under one combination of labels.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    /// Which family and labels it is of.
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

    /// Takes from the value.
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

    /// The value now.
    var value: Double {
        Double(bitPattern: self.bits.load(ordering: .relaxed))
    }

    /// Replaces the value.
    func set(_ value: Double) {
        self.bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds to the value, and loses nothing that others add meanwhile.
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
