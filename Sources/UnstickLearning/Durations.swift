import Foundation
import Histogram
import Unstick

/// The durations of many jobs, in a few kilobytes for any number of jobs.
///
/// A high dynamic range histogram (Tene, HdrHistogram) of two significant digits.
public struct Durations: Sendable {
    /// How far a quantile may be above the exact one, as a share of it; it is never below.
    public static let relativeError = 0.01

    /// Longer ones count as this long: ten years.
    private static let longest: UInt64 = 315_360_000_000

    private var histogram = Histogram<UInt64>(
        highestTrackableValue: Self.longest,
        numberOfSignificantValueDigits: .two
    )
    /// The longest of them, exactly.
    public private(set) var slowest = Duration.zero

    /// Makes an empty set.
    public init() {}

    /// The number of durations.
    public var count: Int { Int(self.histogram.totalCount) }

    /// Adds one.
    public mutating func record(_ duration: Duration) {
        self.histogram.record(min(UInt64(max(0, duration.inMilliseconds)), Self.longest))
        self.slowest = max(self.slowest, duration)
    }

    /// Adds all of another.
    public mutating func add(_ other: Durations) {
        self.histogram.add(other.histogram)
        self.slowest = max(self.slowest, other.slowest)
    }

    /// The duration that this share of them, from 0 to 1, does not exceed; zero where there are none.
    public func quantile(_ share: Double) -> Duration {
        guard self.count > 0 else { return .zero }
        return min(.milliseconds(self.histogram.valueAtPercentile(share * 100)), self.slowest)
    }

    /// How many are longer; those within ``relativeError`` of the limit count as shorter.
    public func count(above limit: Duration) -> Int {
        let value = UInt64(max(0, limit.inMilliseconds))
        guard value < Self.longest else { return 0 }
        return Int(self.histogram.count(within: self.histogram.nextNonEquivalentForValue(value)...Self.longest))
    }

    /// How many are in each range between two durations; each range is longer than the one before by the same factor.
    public func bars(_ count: Int, from shortest: Duration, to longest: Duration) -> [Int] {
        var bars = [Int](repeating: 0, count: count)
        let first = Double(max(1, shortest.inMilliseconds))
        let step = log(max(2, Double(longest.inMilliseconds) / first)) / Double(count)
        for value in self.histogram.recordedValues() {
            let place = log(Double(max(1, value.value)) / first) / step
            bars[min(count - 1, max(0, Int(place)))] += Int(value.count)
        }
        return bars
    }
}
