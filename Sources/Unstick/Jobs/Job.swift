/// A unit of paid work.
public struct Job: Hashable, Sendable {
    /// The job's id, unique among all users.
    public var id: String
    /// The user who pays.
    ///
    /// It never changes.
    public var userID: String
    /// The kind of work, for example `TXT_2_IMG`.
    public var kind: String
    /// The price class, for example `TIER_4K`; `nil` where there is only one.
    public var tier: String?
    /// What was charged for it, in tokens.
    public var tokensCost: Int
    /// Its status.
    public var status: JobStatus
    /// How often a worker started it: 0 before the first start.
    ///
    /// It is the fencing token.
    public var attempt: Int
    /// How it is paid for.
    public var chargeKind: ChargeKind
    /// The price of the work, where it took less than ``tokensCost``.
    public var tokensUsed: Int?
    /// The number of the open charge: 1, 2, … A job that is charged again after a refund gets the next number, for the
    /// missing amount.
    public var charge: Int
    /// How many of its attempts timed out.
    public var timeouts: Int
    /// The name of its worker; `nil` where it sent none.
    public var worker: String?
    /// The input for the worker, as JSON; `nil` where the app keeps it.
    public var payload: String?
    /// Whether it failed because of a timeout.
    package var timedOut = false
    /// Why it failed.
    public var errorMessage: String?
    /// When it was created.
    public var createdAt: Timestamp
    /// The time from which it may be claimed: the creation, or the end of the wait after a failed attempt.
    public var availableAt: Timestamp
    /// When it was quarantined, because it timed out too often.
    public var quarantinedAt: Timestamp?
    /// When the current attempt started; `nil` where that was not recorded.
    public var processingStartedAt: Timestamp?
    /// When the row last changed.
    public var updatedAt: Timestamp
    /// When it ended, with any outcome.
    public var processingCompletedAt: Timestamp?

    /// Makes a job from its stored fields.
    public init(
        id: String,
        userID: String,
        kind: String,
        tier: String? = nil,
        tokensCost: Int,
        status: JobStatus,
        attempt: Int = 0,
        chargeKind: ChargeKind = .charge,
        tokensUsed: Int? = nil,
        charge: Int = 1,
        timeouts: Int = 0,
        worker: String? = nil,
        payload: String? = nil,
        errorMessage: String? = nil,
        createdAt: Timestamp,
        availableAt: Timestamp? = nil,
        quarantinedAt: Timestamp? = nil,
        processingStartedAt: Timestamp? = nil,
        updatedAt: Timestamp,
        processingCompletedAt: Timestamp? = nil
    ) {
        self.id = id
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
        self.status = status
        self.attempt = attempt
        self.chargeKind = chargeKind
        self.tokensUsed = tokensUsed
        self.charge = charge
        self.timeouts = timeouts
        self.worker = worker
        self.payload = payload
        self.availableAt = availableAt ?? createdAt
        self.quarantinedAt = quarantinedAt
        self.errorMessage = errorMessage
        self.createdAt = createdAt
        self.processingStartedAt = processingStartedAt
        self.updatedAt = updatedAt
        self.processingCompletedAt = processingCompletedAt
    }
}

/// The statuses of a job.
///
/// Upper case in JSON and in the database.
public enum JobStatus: String, Sendable, Codable, CaseIterable {
    /// Created and charged, not started.
    case pending = "PENDING"
    /// A worker has claimed it.
    case processing = "PROCESSING"
    /// Delivered. It is never refunded.
    case completed = "COMPLETED"
    /// It will not be delivered.
    case failed = "FAILED"
    /// Cancelled by the user or an admin.
    case cancelled = "CANCELLED"
}

/// How a job is paid for.
public enum ChargeKind: String, Sendable, Codable, CaseIterable {
    /// Charged at the creation, refunded when the job is not delivered.
    case charge = "CHARGE"
    /// Reserved at the creation; settled when the job is delivered, in part if the worker says so; otherwise released.
    case hold = "HOLD"
}

extension Job: Encodable {
    private enum Key: String, CodingKey {
        case id, userId, kind, tier, tokensCost, status, attempt, errorMessage, createdAt, processingStartedAt,
            updatedAt
        case processingCompletedAt, chargeKind, tokensUsed, timeouts, worker, payload, availableAt, quarantinedAt
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(self.tokensCost, forKey: .tokensCost)
        try container.encode(self.status, forKey: .status)
        try container.encode(self.attempt, forKey: .attempt)
        try container.encode(self.errorMessage, forKey: .errorMessage)
        try container.encode(self.createdAt, forKey: .createdAt)
        try container.encode(self.processingStartedAt, forKey: .processingStartedAt)
        try container.encode(self.updatedAt, forKey: .updatedAt)
        try container.encode(self.processingCompletedAt, forKey: .processingCompletedAt)
        try container.encode(self.chargeKind, forKey: .chargeKind)
        try container.encode(self.tokensUsed, forKey: .tokensUsed)
        try container.encode(self.timeouts, forKey: .timeouts)
        try container.encode(self.worker, forKey: .worker)
        try container.encode(self.payload.map { JSONText($0) }, forKey: .payload)
        try container.encode(self.availableAt, forKey: .availableAt)
        try container.encode(self.quarantinedAt, forKey: .quarantinedAt)
    }
}
