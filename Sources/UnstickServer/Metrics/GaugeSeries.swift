import Metrics

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
