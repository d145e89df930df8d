/// Whether the cleanup itself works: a cleaner that stopped weeks ago without notice is the worst failure.
public struct CleanupHealth: Hashable, Sendable {
    /// The state of the cleanup.
    public enum Status: String, Sendable, Codable {
        /// A run succeeded lately.
        case ok
        /// No run has succeeded yet, and none is expected yet.
        case starting
        /// Cleaning is paused.
        case paused
        /// No run has succeeded for too long.
        case overdue
        /// The last run that succeeded began in the future: the database's clock was wrong, or is.
        case clockWrong = "clock_wrong"

        /// Whether an operator must act.
        package var isFault: Bool { [.overdue, .clockWrong].contains(self) }
    }

    /// How far a clock may be ahead before that is a fault.
    package static let tolerance = Duration.seconds(60)

    /// How many intervals may pass without a successful run.
    public static let gracePeriod = 3
    /// The expected interval of runs that another system starts.
    package static let standardInterval = Duration.seconds(900)

    /// The state.
    public var status: Status
    /// When the last run that succeeded began.
    public var lastSuccessAt: Timestamp?

    /// Computes the state from the last run.
    ///
    /// - Parameters:
    ///   - lastSuccess: the last run that succeeded.
    ///   - watchedSince: the time since which the cleanup could run.
    ///   - interval: the longest time between two runs.
    ///   - isPaused: whether cleaning is paused.
    ///   - now: the database's clock.
    public init(lastSuccess: Run?, watchedSince: Timestamp, interval: Duration, isPaused: Bool, now: Timestamp) {
        let longest = interval * Self.gracePeriod
        self.lastSuccessAt = lastSuccess?.startedAt
        if let lastSuccess, lastSuccess.startedAt - now > Self.tolerance {
            self.status = .clockWrong
        } else if let lastSuccess, now - lastSuccess.startedAt <= longest {
            self.status = .ok
        } else if isPaused {
            self.status = .paused
        } else if now - watchedSince <= longest {
            self.status = .starting
        } else {
            self.status = .overdue
        }
    }
}
