import Unstick

/// How a limit is made of how long completed jobs took.
///
/// The limit is a high quantile times a factor. The quantile is that of the share of good jobs that one is ready to lose at
/// most, by default 1 in 10,000. Of fewer jobs than that the quantile is the slowest one, and the next job is slower than
/// all `n` before it with a probability of 1 / (n + 1), whatever the distribution (Wilks, "Determination of sample sizes for
/// setting tolerance limits", 1941): 2,000 jobs of a kind promise 1 in 2,000, and no more. So a kind or tier of fewer jobs
/// than the share asks for has no limit of its own. The factor is for what changes: a busier day, a larger model.
public struct LimitMethod: Hashable, Sendable {
    /// The quantile, from 0 to 1.
    public var quantile = 0.9999
    /// What it is multiplied by.
    public var factor = 1.5
    /// No suggestion is shorter.
    public var floor = Duration.seconds(30)
    /// No suggestion is longer; `nil` for no cap.
    public var cap: Duration?
    /// Of fewer jobs altogether nothing is learned.
    public var minimumJobs = 1000

    /// How many jobs a kind or tier must have for a limit of its own: as many as the quantile says anything about.
    public var minimumOwnJobs: Int {
        self.quantile < 1 ? max(self.minimumJobs, Int((1 / (1 - self.quantile)).rounded())) : self.minimumJobs
    }

    /// The method as it is by default.
    public init() {}

    /// The limit for all jobs; `nil` where there are too few.
    func limit(forAll durations: Durations) -> Duration? { self.limit(for: durations, atLeast: self.minimumJobs) }

    /// The limit for the jobs of a kind or tier; `nil` where there are too few.
    func limit(forSome durations: Durations) -> Duration? { self.limit(for: durations, atLeast: self.minimumOwnJobs) }

    private func limit(for durations: Durations, atLeast minimum: Int) -> Duration? {
        guard durations.count >= minimum else { return nil }
        return self.rounded(durations.quantile(self.quantile) * self.factor)
    }

    /// A limit that reads well: up to the next second, ten seconds or minute.
    func rounded(_ duration: Duration) -> Duration {
        let bounded = max(self.floor, min(duration, self.cap ?? duration))
        let seconds = (bounded.inMilliseconds + 999) / 1000
        let step = seconds <= 600 ? 1 : seconds <= 3600 ? 10 : 60
        return .seconds((seconds + step - 1) / step * step)
    }
}
