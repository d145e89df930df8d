/// The role of a store that keeps webhooks and their deliveries.
public protocol WebhookStore: Sendable {
    /// The endpoints, oldest first, each with its deliveries counted.
    func webhooks() async throws -> [WebhookOverview]

    /// The endpoint, or `nil`.
    func webhook(_ id: String) async throws -> WebhookEndpoint?

    /// Stores an endpoint, or replaces the one with the same id.
    ///
    /// Refunds due that no one has confirmed are sent again to an endpoint that subscribes to them.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for unknown events.
    func put(_ endpoint: WebhookEndpoint) async throws

    /// Removes an endpoint and its deliveries.
    ///
    /// - Returns: whether it existed.
    func removeWebhook(_ id: String) async throws -> Bool

    /// Deliveries after the cursor, the newest event first, at most `limit`.
    func deliveries(
        _ filter: DeliveryFilter,
        after cursor: DeliveryCursor?,
        limit: Int
    ) async throws -> Window<WebhookDelivery, DeliveryCursor>

    /// Sends deliveries again that are delivered or dead.
    ///
    /// - Returns: the number of deliveries.
    func replay(_ selection: ReplaySelection) async throws -> Int

    /// The endpoints with due deliveries.
    func dueWebhooks() async throws -> [WebhookEndpoint]

    /// Claims the due deliveries to an endpoint, oldest first, at most one for each job.
    ///
    /// - Parameters:
    ///   - endpointID: the endpoint.
    ///   - limit: the most deliveries.
    ///   - lease: how long no other sender may claim them.
    func claimDeliveries(to endpointID: String, limit: Int, lease: Duration) async throws -> DeliveryClaim

    /// Writes the outcome of claimed deliveries.
    ///
    /// An accepted delivery counts even after its lease has ended; any other outcome only within it. A delivery that
    /// was claimed and not tried can be claimed again.
    ///
    /// - Returns: why the endpoint was disabled, if this call disabled it.
    func settle(
        _ claim: DeliveryClaim,
        _ attempts: [DeliveryAttempt],
        _ health: EndpointHealth
    ) async throws -> String?

    /// Removes finished deliveries, and events without pending deliveries, from before a time, at most `limit`.
    ///
    /// - Returns: the number of deliveries.
    func forgetDeliveries(before: Timestamp, limit: Int) async throws -> Int
}

/// Deliveries that a sender has claimed.
public struct DeliveryClaim: Hashable, Sendable {
    /// The id of the claim; a settlement must name it.
    package var id: String
    /// Their endpoint.
    package var endpointID: String
    /// The deliveries.
    package var deliveries: [ClaimedDelivery]
    /// When they were claimed, by the database's clock.
    package var now: Timestamp

    package init(id: String, endpointID: String, deliveries: [ClaimedDelivery], now: Timestamp) {
        self.now = now
        self.id = id
        self.endpointID = endpointID
        self.deliveries = deliveries
    }
}

/// The place where a page of deliveries ends.
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
    /// Its place in a listing.
    package var place: DeliveryCursor { DeliveryCursor(eventID: self.eventID, endpointID: self.endpointID) }
}
