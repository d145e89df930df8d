/// When a delivery is tried again: at once, then ever more rarely, for three days.
///
/// The times are those that Standard Webhooks 1.0.0 recommends.
package enum RetrySchedule {
    /// How long to wait after each try that failed.
    package static let waits: [Duration] = [
        .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000),
        .seconds(50_400), .seconds(72_000), .seconds(86_400),
    ]

    /// How often a delivery is tried at most.
    package static let tries = Self.waits.count + 1

    /// How long to wait after a try that failed; `nil` when it was the last one.
    ///
    /// - Parameters:
    ///   - tries: how often it was tried, with this one.
    ///   - retryAfter: what the receiver asked for; it only makes the wait longer.
    ///   - isEndless: whether it is tried for ever, because money depends on it.
    ///   - jitter: from 0 to 1; spreads what failed together over a fifth of the wait.
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
