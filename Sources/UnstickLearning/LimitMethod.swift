import Unstick

/// How a limit is computed from the durations of completed jobs.
///
/// The limit is a high quantile times a factor. The quantile is that of the largest acceptable share of lost good jobs,
/// by default 1 in 10,000. The next job is slower than all `n` before it with a probability of 1 / (n + 1), whatever
/// the distribution (Wilks, "Determination of sample sizes for setting tolerance limits", 1941): 2,000 jobs of a kind
/// support 1 in 2,001, and no more. So with fewer jobs than the share requires, the limit is the slowest job times the
/// factor, and it only replaces a shorter one. The factor allows for changes: a busier day, a larger model.
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
    public var minimumOwnJobs: Int { max(self.minimumJobs, self.promisedOneIn ?? self.minimumJobs) }

    /// The default method.
    public init() {}

    /// The quantile as one lost job in this many; `nil` where none may be lost.
    private var promisedOneIn: Int? {
        self.quantile < 1 ? Int((1 / (1 - self.quantile)).rounded()) : nil
    }

    /// Whether these are enough for a limit of their own.
    func isEnough(_ durations: Durations) -> Bool { durations.count >= self.minimumOwnJobs }

    /// The limit for all jobs; `nil` where there are too few.
    func limit(forAll durations: Durations) -> Duration? {
        durations.count >= self.minimumJobs ? self.limit(forMany: durations) : nil
    }

    /// The limit for the jobs of a kind or tier; `nil` where there are too few.
    func limit(forSome durations: Durations) -> Duration? {
        self.isEnough(durations) ? self.limit(forMany: durations) : nil
    }

    /// The shortest limit that too few jobs support: the quantile of so few is the slowest of them.
    func limit(forFew durations: Durations) -> Duration { self.rounded(durations.slowest * self.factor) }

    private func limit(forMany durations: Durations) -> Duration {
        self.rounded(durations.quantile(self.quantile) * self.factor)
    }

    /// A limit loses at most one in this many of the good jobs to come, by what the sample supports.
    ///
    /// Of `n` jobs of which `k` are over the limit, that is (k + 1) / (n + 1), and never less than the quantile allows.
    ///
    /// - Parameters:
    ///   - count: the number of jobs that the limit is for.
    ///   - over: how many of them are over it.
    func boundOneIn(_ count: Int, over: Int) -> Int {
        let supported = (count + 1) / (over + 1)
        return self.promisedOneIn.map { min($0, supported) } ?? supported
    }

    /// A round limit: up to the next second, ten seconds or minute.
    private func rounded(_ duration: Duration) -> Duration {
        let bounded = max(self.floor, min(duration, self.cap ?? duration))
        let seconds = (bounded.inMilliseconds + 999) / 1000
        let step = seconds <= 600 ? 1 : seconds <= 3600 ? 10 : 60
        return .seconds((seconds + step - 1) / step * step)
    }
}
