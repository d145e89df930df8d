/// A delivery that a sender has claimed: no other sender tries it until its lease ends.
package struct ClaimedDelivery: Hashable, Sendable {
    /// The event; the same at every try.
    package var eventID: String
    /// What happened.
    package var type: String
    /// The user of the event, empty for none; the first part of its key.
    package var userID: String
    /// The subject, whose events are delivered in order: the job, or the event alone.
    package var subject: String
    /// When the event happened.
    package var createdAt: Timestamp
    /// How often it was tried before.
    package var attempts: Int
    /// The fields of the event, as JSON.
    package var payload: String
    /// The key of the refund, where the event is one.
    package var transactionID: String?
    /// The trace of the change.
    package var traceParent: String?

    package init(
        eventID: String,
        type: String,
        userID: String,
        subject: String,
        createdAt: Timestamp,
        attempts: Int,
        payload: String,
        transactionID: String?,
        traceParent: String?
    ) {
        self.eventID = eventID
        self.type = type
        self.userID = userID
        self.subject = subject
        self.createdAt = createdAt
        self.attempts = attempts
        self.payload = payload
        self.transactionID = transactionID
        self.traceParent = traceParent
    }
}

/// The outcome of one try.
public struct DeliveryAttempt: Hashable, Sendable {
    /// The delivery.
    package var delivery: ClaimedDelivery
    /// The status of the delivery after it.
    package var status: WebhookDelivery.Status
    /// The wait before the next try.
    package var retryIn: Duration
    /// The HTTP status of the answer.
    package var httpStatus: Int?
    /// What went wrong, for people.
    package var error: String?
    /// How long it took.
    package var took: Duration

    package init(
        delivery: ClaimedDelivery,
        status: WebhookDelivery.Status,
        retryIn: Duration = .zero,
        httpStatus: Int?,
        error: String?,
        took: Duration
    ) {
        self.delivery = delivery
        self.status = status
        self.retryIn = retryIn
        self.httpStatus = httpStatus
        self.error = error
        self.took = took
    }
}

/// The result of a round of tries for the endpoint.
public enum EndpointHealth: Hashable, Sendable {
    /// It accepted at least one.
    case healthy
    /// It accepted none; the next call is made after this time.
    case failing(pause: Duration)
    /// Nothing was sent.
    case unknown
    /// It must not be called again.
    case gone(reason: String)
}
