import Logging
import Metrics
import ServiceLifecycle
import Synchronization
import Unstick

/// Sends the due deliveries of one endpoint, in rounds, until none is left.
///
/// A round grows while the receiver accepts deliveries, and is one delivery after a failure: a receiver that hangs is
/// tried with few, and the waiting deliveries keep their tries.
struct EndpointDispatcher {
    let endpoint: WebhookEndpoint
    let store: any Store
    let webhooks: Webhooks
    let logger: Logger

    /// The most concurrent deliveries to one endpoint.
    static let concurrency = 4
    private static let mostPerRound = 1024
    /// How fast a round grows; after how many deliveries the receiver counts as fast.
    private static let growth = 4
    private static let steady = 64
    /// After this time a round starts no new delivery.
    private static let roundTime = Duration.seconds(10)
    /// Longer than it can take to send this round and the one before.
    private static let lease = (Self.roundTime + Webhooks.timeout) * 2 + .seconds(40)
    /// After this time a lane ends, however much waits: the next one sees changes to the endpoint.
    private static let laneTime = Duration.seconds(20)
    /// The pause for an endpoint that accepts nothing.
    private static let pause = Duration.seconds(5)

    func run() async {
        let end = ContinuousClock.now + Self.laneTime
        do {
            var limit = self.endpoint.failingSince == nil ? Self.concurrency : 1
            var claim = try await self.claim(limit)
            // For a fast receiver, a round is stored and the next one claimed while another one is sent.
            var noted: (claim: DeliveryClaim, round: [Try])?
            while !claim.deliveries.isEmpty {
                let (before, larger) = (noted, min(limit * Self.growth, Self.mostPerRound))
                let keepsUp = limit >= Self.steady
                async let ahead = self.lookAhead(before, limit: keepsUp ? larger : 0)
                let round = await self.send(claim)
                let next = try await ahead
                noted = (claim, round)
                limit = round.allSatisfy { $0.attempt.error == nil } ? larger : 1
                if let next, !next.deliveries.isEmpty, limit == larger, ContinuousClock.now < end {
                    claim = next
                    continue
                }
                let isHealthy = try await self.settle(claim, round)
                noted = nil
                if let next { try await self.release(next) }
                guard isHealthy, ContinuousClock.now < end, !Task.isCancelled, !Task.isShuttingDownGracefully else {
                    return
                }
                claim = try await self.claim(limit)
            }
        } catch {
            self.logger.error("Deliveries to a webhook wait for the database", metadata: self.metadata("\(error)"))
        }
    }

    private func claim(_ limit: Int) async throws -> DeliveryClaim {
        try await self.store.claimDeliveries(to: self.endpoint.id, limit: limit, lease: Self.lease)
    }

    /// Stores the round before, and claims the next one if possible.
    private func lookAhead(_ noted: (claim: DeliveryClaim, round: [Try])?, limit: Int) async throws -> DeliveryClaim? {
        if let noted { _ = try await self.settle(noted.claim, noted.round) }
        guard limit > 0, !Task.isShuttingDownGracefully else { return nil }
        return try await self.claim(limit)
    }

    /// Stores the outcome of a round.
    ///
    /// - Returns: whether the receiver accepted anything.
    private func settle(_ claim: DeliveryClaim, _ round: [Try]) async throws -> Bool {
        let health = Self.health(round)
        if let reason = try await self.store.settle(claim, round.map(\.attempt), health) {
            self.logger.error("A webhook was disabled", metadata: self.metadata(reason))
        }
        self.log(round)
        return health == .healthy
    }

    /// Releases deliveries that were claimed and not tried.
    private func release(_ claim: DeliveryClaim) async throws {
        guard !claim.deliveries.isEmpty else { return }
        _ = try await self.store.settle(claim, [], .unknown)
    }

    private struct Try: Sendable {
        let attempt: DeliveryAttempt
        let retryAfter: Duration?
    }

    /// Sends deliveries concurrently until one fails or the time of the round is up; the rest stays untried.
    private func send(_ claim: DeliveryClaim) async -> [Try] {
        let secrets = self.endpoint.secrets.keys(at: claim.now)
        let waiting = Waiting(claim.deliveries, for: Self.roundTime)
        return await withTaskGroup(of: [Try].self) { group in
            for _ in 0..<min(Self.concurrency, claim.deliveries.count) {
                group.addTask {
                    var round: [Try] = []
                    while let delivery = waiting.next() {
                        round.append(await self.send(delivery, secrets))
                        if round.last?.attempt.error != nil { waiting.stop() }
                    }
                    return round
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func send(_ delivery: ClaimedDelivery, _ secrets: [WebhookSecret]) async -> Try {
        let outcome = await self.webhooks.send(delivery, to: self.endpoint.url, secrets)
        let tries = delivery.attempts + 1
        let wait = RetrySchedule.wait(
            after: tries,
            retryAfter: outcome.retryAfter,
            isEndless: delivery.type == EventType.tokensRefundDue.rawValue
        )
        let status: WebhookDelivery.Status = outcome.isSuccess ? .delivered : wait == nil ? .dead : .pending
        DeliveryMetrics.record(status, took: outcome.took)
        return Try(
            attempt: DeliveryAttempt(
                delivery: delivery,
                status: status,
                retryIn: wait ?? .zero,
                httpStatus: outcome.status,
                error: outcome.failure,
                took: outcome.took
            ),
            retryAfter: outcome.retryAfter
        )
    }

    /// The result of the round for the endpoint.
    private static func health(_ round: [Try]) -> EndpointHealth {
        if round.contains(where: { $0.attempt.httpStatus == 410 }) {
            return .gone(reason: "The receiver answered 410: it does not want to be called any more.")
        }
        if round.contains(where: { $0.attempt.error == nil }) { return .healthy }
        return .failing(pause: max(round.compactMap(\.retryAfter).max() ?? .zero, Self.pause))
    }

    private func log(_ round: [Try]) {
        for attempt in round.map(\.attempt) where attempt.error != nil {
            // One line when the failure begins, so that a receiver that is down for days does not fill the log.
            let isNews = self.endpoint.failingSince == nil || attempt.status == .dead
            self.logger.log(
                level: isNews ? .warning : .debug,
                "\(attempt.status == .dead ? "A delivery is dead" : "An event could not be delivered")",
                metadata: self.metadata(attempt.error ?? "").merging([
                    "eventId": "\(attempt.delivery.eventID)", "type": "\(attempt.delivery.type)",
                    "tries": .stringConvertible(attempt.delivery.attempts + 1),
                ]) { $1 }
            )
        }
    }

    private func metadata(_ reason: String) -> Logger.Metadata {
        ["webhook": "\(self.endpoint.id)", "reason": "\(reason)"]
    }
}

/// The unsent deliveries of a round, shared by the concurrent senders.
private final class Waiting: Sendable {
    private let deliveries: [ClaimedDelivery]
    private let end: ContinuousClock.Instant
    private let taken = Mutex(0)

    init(_ deliveries: [ClaimedDelivery], for time: Duration) {
        self.deliveries = deliveries
        self.end = .now + time
    }

    func next() -> ClaimedDelivery? {
        self.taken.withLock { taken in
            // Each concurrent sender gets a first one, whatever the time is.
            guard taken < self.deliveries.count, taken < EndpointDispatcher.concurrency || self.mayGoOn else {
                return nil
            }
            taken += 1
            return self.deliveries[taken - 1]
        }
    }

    func stop() { self.taken.withLock { $0 = self.deliveries.count } }

    private var mayGoOn: Bool { ContinuousClock.now < self.end && !Task.isShuttingDownGracefully }
}

/// The metrics of every try to deliver an event.
enum DeliveryMetrics {
    static func record(_ status: WebhookDelivery.Status, took: Duration) {
        let outcome =
            switch status {
            case .delivered: "delivered"
            case .pending: "failed"
            case .dead: "dead"
            }
        Counter(label: "unstick_webhook_deliveries_total", dimensions: [("outcome", outcome)]).increment()
        Timer(label: "unstick_webhook_delivery_duration_seconds").record(duration: took)
    }
}
