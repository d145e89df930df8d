import Unstick

/// How a limit is computed from the durations of completed jobs.
///
/// The limit is a high quantile times a factor. The quantile is that of the largest acceptable share of lost good jobs,
/// by default 1 in 10,000. With fewer jobs than that the quantile is the slowest job, and the next job is slower than
/// all `n` before it with a probability of 1 / (n + 1), whatever the distribution (Wilks, "Determination of sample
/// sizes for setting tolerance limits", 1941): 2,000 jobs of a kind guarantee 1 in 2,000, and no more. So a kind or
/// tier with fewer jobs than the share requires has no limit of its own. The factor allows for changes: a busier day, a
/// larger model.
public struct LimitMethod: Hashable, Sendable {
    /// The quantile, from 0 to 1.
    public var quantile = 0.9999
    /// The factor.
    public var factor = 1.5
    /// The shortest suggestion.
    public var floor = Duration.seconds(30)
    /// The longest suggestion; `nil` for no cap.
    public var cap: Duration?
    /// With fewer jobs in total nothing is learned.
    public var minimumJobs = 1000

    /// How many jobs a kind or tier must have for a limit of its own: as many as the quantile needs.
    public var minimumOwnJobs: Int {
        self.quantile < 1 ? max(self.minimumJobs, Int((1 / (1 - self.quantile)).rounded())) : self.minimumJobs
    }

    /// The default method.
    public init() {}

    /// The limit for all jobs; `nil` where there are too few.
    func limit(forAll durations: Durations) -> Duration? { self.limit(for: durations, atLeast: self.minimumJobs) }

    /// The limit for the jobs of a kind or tier; `nil` where there are too few.
    func limit(forSome durations: Durations) -> Duration? { self.limit(for: durations, atLeast: self.minimumOwnJobs) }

    private func limit(for durations: Durations, atLeast minimum: Int) -> Duration? {
        guard durations.count >= minimum else { return nil }
        return self.rounded(durations.quantile(self.quantile) * self.factor)
    }

    /// A round limit: up to the next second, ten seconds or minute.
    func rounded(_ duration: Duration) -> Duration {
        let bounded = max(self.floor, min(duration, self.cap ?? duration))
        let seconds = (bounded.inMilliseconds + 999) / 1000
        let step = seconds <= 600 ? 1 : seconds <= 3600 ? 10 : 60
        return .seconds((seconds + step - 1) / step * step)
    }
}
