import Logging
import Metrics
import ServiceLifecycle
import Synchronization
import Unstick

/// Sends what is due to one endpoint, round after round, until nothing is.
///
/// A round grows while the receiver keeps up, and is one delivery once it did not: a receiver that hangs is tried with
/// little, and what waits for it keeps its tries.
struct EndpointDispatcher {
    let endpoint: WebhookEndpoint
    let store: any Store
    let webhooks: Webhooks
    let logger: Logger

    /// How many deliveries are under way to one endpoint at a time.
    static let concurrency = 4
    private static let mostPerRound = 1024
    /// By how much a round grows; from how many deliveries on the receiver is known to keep up.
    private static let growth = 4
    private static let steady = 64
    /// After this long a round begins nothing new.
    private static let roundTime = Duration.seconds(10)
    /// Longer than it can take to send the round before and one's own.
    private static let lease = (Self.roundTime + Webhooks.timeout) * 2 + .seconds(40)
    /// After this long a lane ends, however much waits: the next one sees what was changed of the endpoint meanwhile.
    private static let laneTime = Duration.seconds(20)
    /// How long an endpoint that takes nothing is left alone.
    private static let pause = Duration.seconds(5)

    func run() async {
        let end = ContinuousClock.now + Self.laneTime
        do {
            var limit = self.endpoint.failingSince == nil ? Self.concurrency : 1
            var claim = try await self.claim(limit)
            // Once the receiver keeps up, a round is noted down and the next one taken while another one is sent.
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
                if let next { try await self.giveBack(next) }
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

    /// Notes down the round before, and takes the next one if it may have any.
    private func lookAhead(_ noted: (claim: DeliveryClaim, round: [Try])?, limit: Int) async throws -> DeliveryClaim? {
        if let noted { _ = try await self.settle(noted.claim, noted.round) }
        guard limit > 0, !Task.isShuttingDownGracefully else { return nil }
        return try await self.claim(limit)
    }

    /// Writes what became of a round.
    ///
    /// - Returns: whether the receiver took anything.
    private func settle(_ claim: DeliveryClaim, _ round: [Try]) async throws -> Bool {
        let verdict = Self.verdict(round)
        if let reason = try await self.store.settle(claim, round.map(\.attempt), verdict) {
            self.logger.error("A webhook was disabled", metadata: self.metadata(reason))
        }
        self.tell(round)
        return verdict == .healthy
    }

    /// Frees deliveries that were taken and not tried.
    private func giveBack(_ claim: DeliveryClaim) async throws {
        guard !claim.deliveries.isEmpty else { return }
        _ = try await self.store.settle(claim, [], .unknown)
    }

    private struct Try: Sendable {
        let attempt: DeliveryAttempt
        let retryAfter: Duration?
    }

    /// Sends deliveries side by side until one fails or the time of the round is up; the rest is left untried.
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

    /// What the round says about the endpoint.
    private static func verdict(_ round: [Try]) -> EndpointVerdict {
        if round.contains(where: { $0.attempt.httpStatus == 410 }) {
            return .gone(reason: "The receiver answered 410: it does not want to be called any more.")
        }
        if round.contains(where: { $0.attempt.error == nil }) { return .healthy }
        return .failing(pause: max(round.compactMap(\.retryAfter).max() ?? .zero, Self.pause))
    }

    private func tell(_ round: [Try]) {
        for attempt in round.map(\.attempt) where attempt.error != nil {
            // One line when it begins; a receiver that is down for days must not fill the log.
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

/// What of a round is still to be sent, for those who send it side by side.
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
            // Each of those who send has a first one, whatever the time is.
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

/// What every try to deliver an event tells the metrics backend.
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
