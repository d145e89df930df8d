import Metrics
import Synchronization

/// A histogram for one combination of labels.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private struct Observed {
        // How many values are in each bucket and no lower one; the last is the infinite bucket.
        var counts: [UInt64]
        var sum = 0.0
    }

    /// Its family and labels.
    let place: SeriesPlace
    private let bounds: [Double]
    private let observed: Mutex<Observed>

    /// Starts empty.
    init(at place: SeriesPlace) {
        self.place = place
        self.bounds = place.family.buckets ?? MetricFamily.standardBuckets
        self.observed = Mutex(Observed(counts: Array(repeating: 0, count: self.bounds.count + 1)))
    }

    /// Counts a whole value.
    func record(_ value: Int64) {
        self.record(Double(value))
    }

    /// Counts a value, unless it is not finite.
    func record(_ value: Double) {
        // Otherwise the sum would never be a number again.
        guard value.isFinite else { return }
        let bucket = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
        self.observed.withLock { observed in
            observed.counts[bucket] += 1
            observed.sum += value
        }
    }

    /// Counts a duration, in seconds.
    func recordNanoseconds(_ duration: Int64) {
        // A clock that was set back must not make the sum go down.
        self.record(Double(max(0, duration)) / 1_000_000_000)
    }

    /// Writes the buckets, each with all lower ones included, the sum and the count.
    func write(to text: inout ExpositionText) {
        let name = self.place.family.name
        let labels = self.place.labels
        let observed = self.observed.withLock { $0 }
        let separator = labels.isEmpty ? "" : ","
        var count: UInt64 = 0
        for (bound, inBucket) in zip(self.bounds + [.infinity], observed.counts) {
            count += inBucket
            let le = ExpositionText.number(bound)
            text.sample(name + "_bucket", labels: "\(labels)\(separator)le=\"\(le)\"", value: Double(count))
        }
        text.sample(name + "_sum", labels: labels, value: observed.sum)
        text.sample(name + "_count", labels: labels, value: Double(count))
    }
}
