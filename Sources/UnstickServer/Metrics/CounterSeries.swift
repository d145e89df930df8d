import Metrics

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
        // A counter that goes down reads as one that started again, and one that is not a number stays so for ever.
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
