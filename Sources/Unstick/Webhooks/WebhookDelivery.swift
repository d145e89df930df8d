/// One event for one endpoint.
public struct WebhookDelivery: Hashable, Sendable {
    /// The status of a delivery.
    public enum Status: String, Sendable, Codable, CaseIterable {
        /// It is to be sent, or retried.
        case pending = "PENDING"
        /// The receiver has accepted it.
        case delivered = "DELIVERED"
        /// The last try failed, and there is no further one.
        case dead = "DEAD"
    }

    /// The event's id for receivers.
    public var eventID: String
    /// The endpoint.
    public var endpointID: String
    /// What happened.
    public var type: String
    /// The user of the event.
    public var userID: String?
    /// The job of the event.
    public var jobID: String?
    /// When the event happened.
    public var createdAt: Timestamp
    /// The status.
    public var status: Status
    /// The number of tries.
    public var attempts: Int
    /// When the next try is due.
    public var nextAt: Timestamp?
    /// The HTTP status of the last answer.
    public var lastStatus: Int?
    /// The error of the last try, for people; `nil` for one that succeeded.
    public var lastError: String?
    /// How long the last try took.
    public var lastDuration: Duration?
    /// When the receiver accepted it, or it became dead.
    public var endedAt: Timestamp?

    /// Makes a delivery from its fields.
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

/// The conditions of a listing of deliveries.
public struct DeliveryFilter: Hashable, Sendable {
    /// Only deliveries to this endpoint.
    public var endpointID: String?
    /// Only deliveries with this status.
    public var status: WebhookDelivery.Status?
    /// Only deliveries about this job.
    public var jobID: String?

    /// Makes a filter; without arguments, all deliveries.
    public init(endpointID: String? = nil, status: WebhookDelivery.Status? = nil, jobID: String? = nil) {
        self.endpointID = endpointID
        self.status = status
        self.jobID = jobID
    }
}

/// The deliveries to send again.
public struct ReplaySelection: Hashable, Sendable {
    /// To this endpoint.
    public var endpointID: String?
    /// Of this event.
    public var eventID: String?
    /// Of events since this time.
    public var since: Timestamp?
    /// Dead deliveries, or delivered ones.
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

    /// - Throws: ``UnstickError`` `invalidArgument` for a selection of everything, or of pending deliveries.
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
