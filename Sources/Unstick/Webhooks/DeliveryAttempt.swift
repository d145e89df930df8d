/// A delivery that a sender has taken: nobody else tries it until its lease ends.
public struct ClaimedDelivery: Hashable, Sendable {
    /// The event; the same at every try.
    package var eventID: String
    /// What happened.
    package var type: String
    /// Whom it is about, empty for nobody; the first part of its key.
    package var userID: String
    /// What it is delivered in order with: the job, or the event alone.
    package var subject: String
    /// When it happened.
    package var createdAt: Timestamp
    /// How often it was tried before.
    package var attempts: Int
    /// What the event says, as JSON.
    package var payload: String
    /// The key of the refund, where the event is one.
    package var transactionID: String?
    /// The trace in which it happened.
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

/// What became of one try.
public struct DeliveryAttempt: Hashable, Sendable {
    /// What was sent.
    package var delivery: ClaimedDelivery
    /// How far the delivery has come with it.
    package var status: WebhookDelivery.Status
    /// In how long it is tried again.
    package var retryIn: Duration
    /// The status of the answer.
    package var httpStatus: Int?
    /// What went wrong, in words.
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

/// What a round of tries says about the endpoint itself.
public enum EndpointVerdict: Hashable, Sendable {
    /// It took at least one.
    case healthy
    /// It took none; it is not called again before this time has passed.
    case failing(pause: Duration)
    /// Nothing was tried.
    case unknown
    /// It is not to be called any more.
    case gone(reason: String)
}
