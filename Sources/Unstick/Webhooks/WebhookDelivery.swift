/// One event on its way to one endpoint.
public struct WebhookDelivery: Hashable, Sendable {
    /// How far it has come.
    public enum Status: String, Sendable, Codable, CaseIterable {
        /// It is to be sent, or sent again.
        case pending = "PENDING"
        /// The receiver has taken it.
        case delivered = "DELIVERED"
        /// It was given up after the last try.
        case dead = "DEAD"
    }

    /// The event; what receivers know it by.
    public var eventID: String
    /// The endpoint.
    public var endpointID: String
    /// What happened.
    public var type: String
    /// Whom it is about.
    public var userID: String?
    /// The job that it is about.
    public var jobID: String?
    /// When it happened.
    public var createdAt: Timestamp
    /// How far it has come.
    public var status: Status
    /// How often it was tried.
    public var attempts: Int
    /// When it is tried next.
    public var nextAt: Timestamp?
    /// What became of the last try: the status of the answer.
    public var lastStatus: Int?
    /// What became of the last try, in words; `nil` for one that went through.
    public var lastError: String?
    /// How long the last try took.
    public var lastDuration: Duration?
    /// When the receiver took it, or it was given up.
    public var endedAt: Timestamp?

    /// Makes a delivery from its facts.
    public init(
        eventID: String,
        endpointID: String,
        type: String,
        userID: String?,
        jobID: String?,
        createdAt: Timestamp,
        status: Status,
        attempts: Int,
        nextAt: Timestamp?,
        lastStatus: Int?,
        lastError: String?,
        lastDuration: Duration?,
        endedAt: Timestamp?
    ) {
        self.eventID = eventID
        self.endpointID = endpointID
        self.type = type
        self.userID = userID
        self.jobID = jobID
        self.createdAt = createdAt
        self.status = status
        self.attempts = attempts
        self.nextAt = nextAt
        self.lastStatus = lastStatus
        self.lastError = lastError
        self.lastDuration = lastDuration
        self.endedAt = endedAt
    }
}

/// Which deliveries to list.
public struct DeliveryFilter: Hashable, Sendable {
    /// Of one endpoint.
    public var endpointID: String?
    /// Of one status.
    public var status: WebhookDelivery.Status?
    /// About one job.
    public var jobID: String?

    /// Makes a filter; without arguments, all deliveries.
    public init(endpointID: String? = nil, status: WebhookDelivery.Status? = nil, jobID: String? = nil) {
        self.endpointID = endpointID
        self.status = status
        self.jobID = jobID
    }
}

/// Which deliveries to send again.
public struct ReplaySelection: Hashable, Sendable {
    /// To one endpoint.
    public var endpointID: String?
    /// Of one event.
    public var eventID: String?
    /// Of what happened since.
    public var since: Timestamp?
    /// Those that were given up, or those that were delivered.
    public var status: WebhookDelivery.Status

    /// Makes a selection.
    public init(
        endpointID: String? = nil,
        eventID: String? = nil,
        since: Timestamp? = nil,
        status: WebhookDelivery.Status = .dead
    ) {
        self.endpointID = endpointID
        self.eventID = eventID
        self.since = since
        self.status = status
    }

    /// - Throws: ``UnstickError`` `invalidArgument` for a selection of everything, or of what is on its way already.
    package func validate() throws {
        guard self.endpointID != nil || self.eventID != nil || self.since != nil else {
            throw UnstickError(.invalidArgument, "Select deliveries by endpoint, by event or by time (since).")
        }
        guard self.status != .pending else {
            throw UnstickError(.invalidArgument, "PENDING deliveries are sent anyway. Replay DEAD or DELIVERED ones.")
        }
    }
}

extension WebhookDelivery: Encodable {
    private enum Key: String, CodingKey {
        case eventId, endpointId, type, userId, jobId, createdAt, status, attempts, nextAt, lastStatus, lastError
        case lastDurationMs, deliveredAt
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.eventID, forKey: .eventId)
        try container.encode(self.endpointID, forKey: .endpointId)
        try container.encode(self.type, forKey: .type)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.jobID, forKey: .jobId)
        try container.encode(self.createdAt, forKey: .createdAt)
        try container.encode(self.status, forKey: .status)
        try container.encode(self.attempts, forKey: .attempts)
        try container.encode(self.nextAt, forKey: .nextAt)
        try container.encode(self.lastStatus, forKey: .lastStatus)
        try container.encode(self.lastError, forKey: .lastError)
        try container.encode(self.lastDuration?.inMilliseconds, forKey: .lastDurationMs)
        try container.encode(self.status == .delivered ? self.endedAt : nil, forKey: .deliveredAt)
    }
}
