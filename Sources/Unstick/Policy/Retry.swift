/// How often a job is tried, and how long it waits in between.
public struct Retry: Hashable, Sendable {
    /// How many attempts a job has, the first one included: 1 to 1,000.
    public var attempts: Int
    /// The wait after the first attempt; it doubles with each further one.
    public var backoff: Duration
    /// The longest wait.
    public var cap: Duration

    /// One attempt and no more.
    public static let never = Retry(attempts: 1)

    /// Makes a retry.
    public init(attempts: Int, backoff: Duration = .seconds(10), cap: Duration = .seconds(600)) {
        self.attempts = attempts
        self.backoff = backoff
        self.cap = cap
    }

    /// Beyond this the wait is the cap anyhow.
    package static let mostDoublings = 20

    /// How long a job waits after this attempt, given a random number from 0 to 1.
    ///
    /// Exponential backoff with equal jitter: half of the wait is fixed and half is drawn, so that jobs that failed together
    /// do not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    public func wait(after attempt: Int, random: Double) -> Duration {
        let doublings = min(max(attempt - 1, 0), Self.mostDoublings)
        let whole = min(self.cap, self.backoff * (1 << doublings))
        return whole - whole / 2 * min(max(random, 0), 1)
    }
}
