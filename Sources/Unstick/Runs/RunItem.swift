/// The progress of a refund that another system books.
public enum RefundRequest: String, Sendable, Codable {
    /// The team's own billing was notified of it.
    case asked = "ASKED"
    /// The billing confirmed that it refunded the tokens.
    case confirmed = "CONFIRMED"
}

/// One job of a run: the action and the reason.
public struct RunItem: Hashable, Sendable {
    /// The action.
    public enum Action: String, Sendable, Codable {
        /// The job was failed and its charge refunded.
        case failedAndRefunded = "FAILED_AND_REFUNDED"
        /// The job was failed; nothing was due, because it cost nothing or was refunded before.
        case failed = "FAILED"
        /// The job returned to the queue; its charge stays.
        case retried = "RETRIED"
        /// The job was reported and not changed.
        case reported = "REPORTED"
        /// The job was failed and its charge refunded; it timed out too often for another attempt without an operator.
        case quarantined = "QUARANTINED"
        /// A dry run: the job would have been failed.
        case wouldFail = "WOULD_FAIL"
        /// A dry run: the job would have returned to the queue.
        case wouldRetry = "WOULD_RETRY"
        /// A dry run: the job would have been quarantined.
        case wouldQuarantine = "WOULD_QUARANTINE"
        /// A dry run: the job would have been reported.
        case wouldReport = "WOULD_REPORT"
        /// The job could not be cleaned; the error says why. It did not change.
        case error = "ERROR"

        /// Whether the action ended the job.
        ///
        /// A job that returns to the queue or is only reported is not cleaned up.
        package var isCleanedUp: Bool { [.failed, .failedAndRefunded, .quarantined].contains(self) }

        /// The actions after which the attempt is over, or its charge refunded.
        package static let ending: [Action] = [.failedAndRefunded, .failed, .quarantined, .retried, .reported]

        /// Whether it is an action of a dry run.
        package var isPreview: Bool { [.wouldFail, .wouldRetry, .wouldQuarantine, .wouldReport].contains(self) }

        /// The same action in a dry run.
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

    /// The job's place in the run, counted from 1.
    public var position: Int
    /// The job.
    public var jobID: String
    /// The job's user.
    public var userID: String
    /// The kind of work.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// The attempt that was checked.
    public var attempt: Int
    /// When that attempt started, where it is known; for a job in the queue, when it was created.
    public var since: Timestamp
    /// The action.
    public var action: Action
    /// Tokens refunded: none in a dry run.
    public var tokensRefunded: Int
    /// Tokens that a real run would refund; only in a dry run.
    public var tokensOwed: Int
    /// How long the attempt had been running, or the job waiting.
    public var processingDuration: Duration
    /// The rule and the limit that the job is over.
    public var stuckReason: StuckReason
    /// The time from which a retried job may be claimed.
    public var retryAt: Timestamp?
    /// Why it could not be cleaned.
    public var error: String?
    /// The stored id of the job's mapping; `nil` for Unstick's own tables.
    public var source: String?
    /// The progress of a refund by the team's own billing; `nil` where there is none.
    public var refundRequest: RefundRequest?

    /// Why the job is stuck, for people.
    public var reason: String { self.stuckReason.reason(attempt: self.attempt) }

    /// The stored amount: an item has one or the other.
    package var amount: Int { self.tokensRefunded + self.tokensOwed }

    /// Makes an item from its fields; `amount` is the refund, or in a dry run the refund due.
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
