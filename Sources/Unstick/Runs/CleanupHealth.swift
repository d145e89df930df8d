/// Whether the cleanup itself is alive: a cleaner that stopped weeks ago and told nobody is the worst failure there is.
public struct CleanupHealth: Hashable, Sendable {
    /// How it is.
    public enum Status: String, Sendable, Codable {
        /// A pass went through lately.
        case ok
        /// No pass has gone through yet, and none can be expected to.
        case starting
        /// Somebody paused it.
        case paused
        /// No pass has gone through for too long.
        case overdue
        /// The last pass that went through began in the future: the database's clock was wrong, or is.
        case clockWrong = "clock_wrong"

        /// Whether somebody has to act.
        public var isFault: Bool { [.overdue, .clockWrong].contains(self) }
    }

    /// How far a clock may be ahead before that is a fault.
    public static let tolerance = Duration.seconds(60)

    /// How many intervals may pass without a pass that goes through.
    public static let gracePeriod = 3
    /// How often passes are expected where something else than a schedule of ours calls for them.
    public static let standardInterval = Duration.seconds(900)

    /// How it is.
    public var status: Status
    /// When the last pass that went through began.
    public var lastSuccessAt: Timestamp?

    /// Judges by the last pass.
    ///
    /// - Parameters:
    ///   - lastSuccess: the last pass that went through.
    ///   - watchedSince: since when somebody has been there to run one.
    ///   - interval: the longest time between two passes.
    ///   - isPaused: whether somebody paused it.
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
