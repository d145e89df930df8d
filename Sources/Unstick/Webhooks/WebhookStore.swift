/// The webhook side of a store: who is told of events, and what is on its way to them.
public protocol WebhookStore: Sendable {
    /// The endpoints, oldest first, each with what is on its way to it.
    func webhooks() async throws -> [WebhookOverview]

    /// The endpoint, or `nil`.
    func webhook(_ id: String) async throws -> WebhookEndpoint?

    /// Keeps an endpoint: a new one, or one in place of that with the same id.
    ///
    /// Refunds that were asked for and that nobody confirmed are asked for again of an endpoint that is to be told of them.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for events that there are not.
    func put(_ endpoint: WebhookEndpoint) async throws

    /// Forgets an endpoint, with what is on its way to it.
    ///
    /// - Returns: whether there was one.
    func removeWebhook(_ id: String) async throws -> Bool

    /// Deliveries, the newest event first, at most `limit`, those after the cursor.
    func deliveries(
        _ filter: DeliveryFilter,
        after cursor: DeliveryCursor?,
        limit: Int
    ) async throws -> Window<WebhookDelivery, DeliveryCursor>

    /// Sends deliveries again that have ended.
    ///
    /// - Returns: how many.
    func replay(_ selection: ReplaySelection) async throws -> Int

    /// The endpoints that are to be called now.
    func dueWebhooks() async throws -> [WebhookEndpoint]

    /// Takes the deliveries to an endpoint that are due, oldest first, at most one about each job.
    ///
    /// - Parameters:
    ///   - endpointID: the endpoint.
    ///   - limit: how many at most.
    ///   - lease: how long nobody else may take them.
    func claimDeliveries(to endpointID: String, limit: Int, lease: Duration) async throws -> DeliveryClaim

    /// Writes what became of deliveries that were claimed.
    ///
    /// One that was taken by the receiver counts also when its lease has ended; another one only within it. What was claimed
    /// and not tried is free again.
    ///
    /// - Returns: why the endpoint is not called any more, if this was the call that disabled it.
    func settle(
        _ claim: DeliveryClaim,
        _ attempts: [DeliveryAttempt],
        _ verdict: EndpointVerdict
    ) async throws -> String?

    /// Forgets deliveries that have ended and events that nobody waits for, those that happened before a moment, at most
    /// `limit`.
    ///
    /// - Returns: how many.
    func forgetDeliveries(before: Timestamp, limit: Int) async throws -> Int
}

/// Deliveries that a sender has taken.
public struct DeliveryClaim: Hashable, Sendable {
    /// The mark of the claim; whoever has it may settle it.
    package var id: String
    /// The endpoint that they go to.
    package var endpointID: String
    /// The deliveries.
    package var deliveries: [ClaimedDelivery]
    /// When they were taken, by the database's clock.
    package var now: Timestamp

    package init(id: String, endpointID: String, deliveries: [ClaimedDelivery], now: Timestamp) {
        self.now = now
        self.id = id
        self.endpointID = endpointID
        self.deliveries = deliveries
    }
}

/// Where a page of deliveries ends.
public struct DeliveryCursor: Hashable, Sendable {
    /// The event; ids of events sort by time.
    public var eventID: String
    /// The endpoint.
    public var endpointID: String

    /// Makes a cursor.
    public init(eventID: String, endpointID: String) {
        self.eventID = eventID
        self.endpointID = endpointID
    }
}

extension WebhookDelivery {
    /// Where it stands in a list.
    package var place: DeliveryCursor { DeliveryCursor(eventID: self.eventID, endpointID: self.endpointID) }
}
