/// When a delivery is retried: at first soon, then less and less often, for three days.
///
/// The times are those that Standard Webhooks 1.0.0 recommends.
package enum RetrySchedule {
    /// The wait after each failed try.
    package static let waits: [Duration] = [
        .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000),
        .seconds(50_400), .seconds(72_000), .seconds(86_400),
    ]

    /// The most tries of a delivery.
    package static let tries = Self.waits.count + 1

    /// The wait after a failed try; `nil` after the last one.
    ///
    /// - Parameters:
    ///   - tries: the number of tries, with this one.
    ///   - retryAfter: the wait that the receiver requested; it only extends the wait.
    ///   - isEndless: whether tries never end, because a refund depends on it.
    ///   - jitter: from 0 to 1; spreads deliveries that failed together over a fifth of the wait.
    package static func wait(
        after tries: Int,
        retryAfter: Duration? = nil,
        isEndless: Bool = false,
        jitter: Double = .random(in: 0...1)
    ) -> Duration? {
        guard tries < Self.tries || isEndless else { return nil }
        let wait = Self.waits[min(max(tries, 1), Self.waits.count) - 1]
        return max(wait * (0.9 + 0.2 * jitter), retryAfter ?? .zero)
    }
}
