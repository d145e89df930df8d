public import Logging
import NIOCore
import Tracing
public import Unstick
import UnstickHTTP

/// Creates, changes and calls the endpoints of webhooks.
///
/// The owner must shut it down; ``WebhookSender`` does so for the one that it uses.
public final class Webhooks: Sendable {
    /// The time limit for one call of an endpoint.
    package static let timeout = Duration.seconds(15)
    /// The longest time for which the previous secret may stay in force.
    package static let longestOverlap = Duration.seconds(7 * 86_400)
    /// The most endpoints.
    package static let mostEndpoints = 1000

    private let store: any Store
    private let destinations: DestinationGuard
    private let client: WebhookClient
    private let logger: Logger

    /// Makes the object.
    ///
    /// - Parameters:
    ///   - store: keeps the endpoints.
    ///   - receivers: the allowed receivers.
    ///   - logger: the log for the reason of a refused call.
    public convenience init(
        store: any Store,
        receivers: WebhookReceivers = WebhookReceivers(),
        logger: Logger = Logger(label: "unstick.webhooks")
    ) {
        self.init(store: store, destinations: DestinationGuard(policy: receivers.policy), logger: logger)
    }

    init(store: any Store, destinations: DestinationGuard, timeout: Duration = Webhooks.timeout, logger: Logger) {
        self.store = store
        self.destinations = destinations
        self.logger = logger
        self.client = WebhookClient(
            guard: destinations,
            version: UnstickVersion.current,
            timeout: timeout,
            logger: logger
        )
    }

    /// Closes all connections.
    public func shutdown() async {
        await self.client.shutdown()
    }

    // MARK: Endpoints

    /// Creates an endpoint with a new secret.
    ///
    /// - Parameters:
    ///   - url: where events are sent.
    ///   - events: the subscribed events: types, families such as `job.*`, or `*`.
    ///   - note: a note for people.
    /// - Returns: the endpoint; its secret must be shown now, because it is never shown again.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` for a URL that must not be called and for unknown events.
    public func add(url: String, events: [String], note: String? = nil) async throws -> WebhookEndpoint {
        let endpoint = WebhookEndpoint(
            id: "wh_" + RandomID.uuid().replacing("-", with: "").suffix(10),
            url: url,
            events: events,
            note: note,
            secrets: SigningSecrets(current: WebhookSecret.random().text),
            createdAt: try await self.store.now()
        )
        guard try await self.store.webhooks().count < Self.mostEndpoints else {
            throw UnstickError(
                .invalidArgument,
                "The limit of \(Self.mostEndpoints) webhooks is reached. Remove some first."
            )
        }
        try Self.checkNote(endpoint)
        try await self.checkURL(endpoint)
        try await self.store.put(endpoint)
        return endpoint
    }

    /// A change to an endpoint; fields that are `nil` stay unchanged.
    public struct Change: Hashable, Sendable {
        /// Where events are sent.
        public var url: String?
        /// The subscribed events.
        public var events: [String]?
        /// A note for people.
        public var note: String?
        /// Whether it is enabled.
        public var isEnabled: Bool?

        /// Makes a change; without arguments, none.
        public init(url: String? = nil, events: [String]? = nil, note: String? = nil, isEnabled: Bool? = nil) {
            self.url = url
            self.events = events
            self.note = note
            self.isEnabled = isEnabled
        }

        fileprivate var isOfSettings: Bool { self.url != nil || self.events != nil || self.note != nil }
    }

    /// Changes an endpoint; one that is enabled again starts without failures.
    ///
    /// - Parameters:
    ///   - id: the endpoint.
    ///   - change: the change.
    /// - Returns: the endpoint as it is now.
    /// - Throws: ``/Unstick/UnstickError`` `notFound`, `invalidArgument`, and `conflict` for an endpoint of a file.
    public func change(_ id: String, _ change: Change) async throws -> WebhookEndpoint {
        var endpoint = try await self.endpoint(id)
        if change.isOfSettings { try Self.checkChangeable(endpoint) }
        endpoint.url = change.url ?? endpoint.url
        endpoint.events = change.events ?? endpoint.events
        endpoint.note = change.note ?? endpoint.note
        switch change.isEnabled {
        case true:
            endpoint.disabled = nil
            endpoint.failingSince = nil
        case false where endpoint.isEnabled:
            endpoint.disabled = WebhookEndpoint.Disabled(
                at: try await self.store.now(),
                reason: "Disabled manually."
            )
        default: break
        }
        try Self.checkNote(endpoint)
        // An endpoint whose host is gone can still be disabled.
        if change.url != nil { try await self.checkURL(endpoint) }
        try await self.store.put(endpoint)
        return endpoint
    }

    /// Gives an endpoint a new secret; the old one also signs for a time, so that the receiver can switch.
    ///
    /// - Parameters:
    ///   - id: the endpoint.
    ///   - overlap: how long the old secret stays in force; zero for one that leaked.
    ///   - force: whether to drop the previous secret of a rotation in progress.
    /// - Returns: the endpoint; its secret must be shown now, because it is never shown again.
    /// - Throws: ``/Unstick/UnstickError`` `notFound`, `invalidArgument`, and `conflict` while the last rotation is in
    ///   progress.
    public func rotate(_ id: String, overlap: Duration, force: Bool = false) async throws -> WebhookEndpoint {
        guard .zero...Self.longestOverlap ~= overlap else {
            throw UnstickError(
                .invalidArgument,
                "Two secrets may be valid together for at most \(Self.longestOverlap.text)."
            )
        }
        var endpoint = try await self.endpoint(id)
        try Self.checkChangeable(endpoint)
        let now = try await self.store.now()
        guard force || !endpoint.secrets.isRotating(at: now) else {
            throw UnstickError(
                .conflict,
                "The previous secret is valid for another \((endpoint.secrets.previousUntil.map { $0 - now } ?? .zero).text). "
                    + "Wait, or force the rotation; receivers that still use it then refuse deliveries."
            )
        }
        endpoint.secrets = endpoint.secrets.rotated(to: WebhookSecret.random().text, overlap: overlap, at: now)
        try await self.store.put(endpoint)
        return endpoint
    }

    /// Removes an endpoint and its deliveries.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `notFound`, and `conflict` for an endpoint of a file.
    public func remove(_ id: String) async throws {
        try Self.checkChangeable(try await self.endpoint(id), isRemoved: true)
        guard try await self.store.removeWebhook(id) else { throw Self.unknown(id) }
    }

    /// Puts the endpoints of a file into force, all or none; endpoints that the file no longer names are disabled.
    ///
    /// Their pending deliveries are kept, in case the file names them again.
    ///
    /// - Parameter configured: the endpoints of the file; `nil` without a file, which leaves those of another server's
    ///   file unchanged.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` with an endpoint whose URL must not be called.
    public func apply(_ configured: [ConfiguredWebhook]?) async throws {
        let known = try await self.store.webhooks().map(\.endpoint)
        let now = try await self.store.now()
        var wanted: [WebhookEndpoint] = []
        for webhook in configured ?? [] {
            let before = known.first { $0.id.isExactly(webhook.name) }
            guard before.map({ $0.source == .file }) ?? true else {
                throw UnstickError(
                    .conflict,
                    "A webhook '\(webhook.name)' that is not from a file exists. Choose another name."
                )
            }
            let endpoint = webhook.endpoint(over: before, at: now)
            try await self.checkURL(endpoint)
            wanted.append(endpoint)
        }
        for endpoint in known where !wanted.contains(where: { $0.id.isExactly(endpoint.id) }) {
            var endpoint = endpoint
            if configured != nil, endpoint.source == .file, endpoint.isEnabled {
                endpoint.disabled = WebhookEndpoint.Disabled(at: now, reason: ConfiguredWebhook.leftTheFile)
            }
            // Also without changes: a newer version may have more event types that its patterns match.
            wanted.append(endpoint)
        }
        for endpoint in wanted { try await self.store.put(endpoint) }
    }

    func endpoint(_ id: String) async throws -> WebhookEndpoint {
        guard let endpoint = try await self.store.webhook(id) else { throw Self.unknown(id) }
        return endpoint
    }

    private static func unknown(_ id: String) -> UnstickError {
        UnstickError(.notFound, "There is no webhook '\(id)'. 'unstick webhook list' shows them.")
    }

    private static func checkChangeable(_ endpoint: WebhookEndpoint, isRemoved: Bool = false) throws {
        guard endpoint.source == .api || isRemoved && !endpoint.isEnabled else {
            throw UnstickError(
                .conflict,
                "The webhook '\(endpoint.id)' is configured in a policy file. Change it there. If that file is gone, disable the "
                    + "webhook with 'unstick webhook disable \(endpoint.id)', and then remove it."
            )
        }
    }

    private static func checkNote(_ endpoint: WebhookEndpoint) throws {
        try Limits.checkText(endpoint.note ?? "", "description")
    }

    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` for a URL that must not be called.
    private func checkURL(_ endpoint: WebhookEndpoint) async throws {
        let isOfFile = endpoint.source == .file
        let whose = isOfFile ? " of the webhook '\(endpoint.id)'" : ""
        do {
            _ = try await self.destinations.check(endpoint.url)
        } catch let refused as RefusedDestination {
            throw UnstickError(.invalidArgument, "The URL\(whose) cannot be used: \(refused).")
        } catch let failed as ResolutionFailed {
            // A name server that is down must not prevent the start of a server, and each call resolves the host
            // anyway.
            guard isOfFile else { throw UnstickError(.invalidArgument, "The URL cannot be used: \(failed).") }
            self.logger.warning(
                "The host of a webhook cannot be resolved",
                metadata: ["webhook": "\(endpoint.id)", "reason": "\(failed)"]
            )
        }
    }

    // MARK: Calls

    /// Calls an endpoint once with a test event, whatever it subscribes to.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `notFound`.
    public func test(_ id: String) async throws -> TestResult {
        let endpoint = try await self.endpoint(id)
        let now = try await self.store.now()
        let event = TestEvent()
        let delivery = ClaimedDelivery(
            eventID: RandomID.timeOrdered(at: now),
            type: event.type.rawValue,
            userID: "",
            subject: "",
            createdAt: now,
            attempts: 0,
            payload: event.payload,
            transactionID: nil,
            traceParent: nil
        )
        let outcome = await self.send(delivery, to: endpoint.url, endpoint.secrets.keys(at: now))
        return TestResult(
            delivered: outcome.isSuccess,
            status: outcome.status,
            error: outcome.failure,
            durationMs: outcome.took.inMilliseconds
        )
    }

    /// The result of a test call.
    public struct TestResult: Hashable, Sendable, Encodable {
        /// Whether the receiver accepted it.
        public var delivered: Bool
        /// The status of its answer.
        public var status: Int?
        /// What went wrong, for people.
        public var error: String?
        /// How long it took.
        public var durationMs: Int
    }

    /// Calls an endpoint within the trace of the event.
    func send(_ delivery: ClaimedDelivery, to url: String, _ secrets: [WebhookSecret]) async -> WebhookOutcome {
        await withSpan("unstick.webhook", context: .continuing(delivery.traceParent), ofKind: .client) { span in
            span.attributes["unstick.event_id"] = delivery.eventID
            span.attributes["unstick.event_type"] = delivery.type
            let message = WebhookMessage(
                id: delivery.eventID,
                body: ByteBuffer(string: delivery.body),
                traceparent: TraceParent.current?.text
            )
            let outcome = await self.client.send(message, to: url, secrets: secrets)
            span.attributes["http.response.status_code"] = outcome.status
            if let failure = outcome.failure { span.setStatus(SpanStatus(code: .error, message: failure)) }
            return outcome
        }
    }
}

extension SigningSecrets {
    /// The keys that sign events at a time, the newest first.
    func keys(at now: Timestamp) -> [WebhookSecret] { self.valid(at: now).compactMap { WebhookSecret($0) } }
}

private struct TestEvent: Event {
    let type = EventType.webhookTest
    let message = "This is a test. Nothing happened."

    private enum CodingKeys: String, CodingKey {
        case message
    }
}

extension ClaimedDelivery {
    /// The body: the event's fields in the envelope of all events.
    var body: String {
        // Ids and types of events are made here, of letters that need no quoting.
        """
        {"id":"\(self.eventID)","type":"\(self.type)","version":\(EventType.version),"timestamp":"\(self.createdAt)",\
        "data":\(self.payload)}
        """
    }
}
