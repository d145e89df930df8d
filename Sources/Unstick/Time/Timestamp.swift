/// A time in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Databases and languages keep different fractions of a second. Whole milliseconds fit all of them, so a time that was
/// written equals the same time read back.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Milliseconds since the Unix epoch.
    public let milliseconds: Int

    /// Makes a timestamp from milliseconds since the Unix epoch.
    public init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    /// Makes a timestamp from whole seconds since the Unix epoch.
    public init(seconds: Int) {
        self.init(milliseconds: seconds * 1000)
    }

    /// Whether one time is before another.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time `duration` after this one, to the millisecond.
    public static func + (left: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds + duration.inMilliseconds)
    }

    /// The time `duration` before this one, to the millisecond.
    public static func - (left: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds - duration.inMilliseconds)
    }

    /// The time from `right` to `left`; negative when `right` is later.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}
