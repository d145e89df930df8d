/// A unit of paid work.
public struct Job: Hashable, Sendable {
    /// The job's id, unique among all users.
    public var id: String
    /// Whose job it is.
    ///
    /// It never changes.
    public var userID: String
    /// What sort of work it is, for example `TXT_2_IMG`.
    public var kind: String
    /// The price class, for example `TIER_4K`; `nil` where there is only one.
    public var tier: String?
    /// What was charged for it, in tokens.
    public var tokensCost: Int
    /// Where it is in its life.
    public var status: JobStatus
    /// How often a worker started it: 0 before the first start.
    ///
    /// It is the fencing token.
    public var attempt: Int
    /// How it is paid for.
    public var chargeKind: ChargeKind
    /// What the work came to, where less than ``tokensCost`` was taken in the end.
    public var tokensUsed: Int?
    /// Which charge is open: 1, 2, … A job that is charged again after a refund gets the next number,
    /// for what it lacks.
    public var charge: Int
    /// How often an attempt of it timed out.
    public var timeouts: Int
    /// What its worker calls itself; `nil` where it did not say.
    public var worker: String?
    /// What the worker is to work on, as JSON; `nil` where the app keeps that itself.
    public var payload: String?
    /// Whether it failed because it took too long.
    package var timedOut = false
    /// Why it failed.
    public var errorMessage: String?
    /// When it was created.
    public var createdAt: Timestamp
    /// From when on it may be claimed: the creation, or after a failed attempt the end of the wait.
    public var availableAt: Timestamp
    /// When it was parked, because it timed out too often.
    public var quarantinedAt: Timestamp?
    /// When the current attempt started; `nil` where the writer did not record it.
    public var processingStartedAt: Timestamp?
    /// When the row last changed.
    public var updatedAt: Timestamp
    /// When it ended, well or badly.
    public var processingCompletedAt: Timestamp?

    /// Makes a job from its stored facts.
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

/// Where a job is in its life.
///
/// Upper case in JSON and in the database.
public enum JobStatus: String, Sendable, Codable, CaseIterable {
    /// Created and charged, not started.
    case pending = "PENDING"
    /// A worker has it.
    case processing = "PROCESSING"
    /// Delivered. It is never refunded.
    case completed = "COMPLETED"
    /// It will not be delivered.
    case failed = "FAILED"
    /// Called off by the user or an admin.
    case cancelled = "CANCELLED"
}

/// How a job is paid for.
public enum ChargeKind: String, Sendable, Codable, CaseIterable {
    /// Charged at the creation, refunded when the job is not delivered.
    case charge = "CHARGE"
    /// Set aside at the creation; taken when the job is delivered, in part if the worker says so; else released.
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
