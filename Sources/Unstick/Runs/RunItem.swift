/// How far a refund has come that is booked elsewhere.
public enum RefundRequest: String, Sendable, Codable {
    /// The team's own billing was asked for it.
    case asked = "ASKED"
    /// It said that it has given the tokens back.
    case confirmed = "CONFIRMED"
}

/// What one pass did with one job, and why.
public struct RunItem: Hashable, Sendable {
    /// What was done.
    public enum Action: String, Sendable, Codable {
        /// The job was failed and its charge given back.
        case failedAndRefunded = "FAILED_AND_REFUNDED"
        /// The job was failed; nothing was owed, because it cost nothing or was refunded before.
        case failed = "FAILED"
        /// The job went back to the queue; its charge stays.
        case retried = "RETRIED"
        /// The job was left as it is, and told.
        case reported = "REPORTED"
        /// The job was failed and its charge given back; it timed out too often to be tried again unseen.
        case quarantined = "QUARANTINED"
        /// A dry run: the job would have been failed.
        case wouldFail = "WOULD_FAIL"
        /// A dry run: the job would have gone back to the queue.
        case wouldRetry = "WOULD_RETRY"
        /// A dry run: the job would have been parked.
        case wouldQuarantine = "WOULD_QUARANTINE"
        /// A dry run: the job would have been told.
        case wouldReport = "WOULD_REPORT"
        /// The job could not be cleaned; the error says why. It is as it was.
        case error = "ERROR"

        /// Whether the job ended by it.
        ///
        /// One that goes back to the queue is not cleaned up, and one that is only reported neither.
        package var isCleanedUp: Bool { [.failed, .failedAndRefunded, .quarantined].contains(self) }

        /// Whether it is what a dry run says.
        package var isPreview: Bool { [.wouldFail, .wouldRetry, .wouldQuarantine, .wouldReport].contains(self) }

        /// The same in a dry run.
        package var previewed: Action {
            switch self {
            case .failed, .failedAndRefunded: .wouldFail
            case .retried: .wouldRetry
            case .quarantined: .wouldQuarantine
            case .reported: .wouldReport
            case .wouldFail, .wouldRetry, .wouldQuarantine, .wouldReport, .error: self
            }
        }
    }

    /// The place that the job has in the run, counted from 1.
    public var position: Int
    /// The job.
    public var jobID: String
    /// Whose job.
    public var userID: String
    /// What sort of work.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// The attempt that was judged.
    public var attempt: Int
    /// When that attempt started, as far as is known; for a job in the queue, when it was created.
    public var since: Timestamp
    /// What was done.
    public var action: Action
    /// Tokens given back: none in a dry run.
    public var tokensRefunded: Int
    /// Tokens that a real run would give back; only in a dry run.
    public var tokensOwed: Int
    /// How long the attempt had been running, or the job waiting.
    public var processingDuration: Duration
    /// Which rule judged it, and how.
    public var stuckReason: StuckReason
    /// From when on a retried job may be claimed.
    public var retryAt: Timestamp?
    /// Why it could not be cleaned.
    public var error: String?
    /// The stored id of the mapping that the job is of; `nil` for Unstick's own tables.
    public var source: String?
    /// How far a refund has come that the team's own billing was asked for; `nil` where it was not.
    public var refundRequest: RefundRequest?

    /// Why the job was judged stuck.
    public var reason: String { self.stuckReason.reason(attempt: self.attempt) }

    /// What is stored of the two: an item has one or the other.
    package var amount: Int { self.tokensRefunded + self.tokensOwed }

    /// Makes an item from its facts; `amount` is what was refunded, or would be where a dry run says so.
    public init(
        position: Int,
        jobID: String,
        userID: String,
        kind: String,
        tier: String?,
        attempt: Int,
        since: Timestamp,
        action: Action,
        amount: Int,
        processingDuration: Duration,
        stuckReason: StuckReason,
        retryAt: Timestamp? = nil,
        error: String? = nil,
        source: String? = nil
    ) {
        self.position = position
        self.jobID = jobID
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.attempt = attempt
        self.since = since
        self.action = action
        self.tokensRefunded = action.isPreview ? 0 : amount
        self.tokensOwed = action.isPreview ? amount : 0
        self.processingDuration = processingDuration
        self.stuckReason = stuckReason
        self.retryAt = retryAt
        self.error = error
        self.source = source
    }
}
