import Logging
import ServiceLifecycle
import Unstick

/// Sends what is due to one endpoint, round after round, until nothing is.
///
/// A round grows while the receiver keeps up, and is one delivery once it did not: a receiver that hangs is tried with
/// little, and what waits for it keeps its tries.
struct EndpointLane {
    let endpoint: WebhookEndpoint
    let store: any Store
    let webhooks: Webhooks
    let logger: Logger

    /// How many deliveries are under way to one endpoint at a time.
    static let concurrency = 4
    private static let mostPerRound = 256
    /// After this long a round begins nothing new.
    private static let roundTime = Duration.seconds(10)
    /// Longer than a round with its last try can take.
    private static let lease = Self.roundTime + Webhooks.timeout + .seconds(35)
    /// How long an endpoint that takes nothing is left alone.
    private static let pause = Duration.seconds(5)

    func run() async {
        var limit = Self.concurrency
        do {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                let claim = try await self.store.claimDeliveries(
                    to: self.endpoint.id,
                    limit: self.endpoint.failingSince == nil ? limit : 1,
                    lease: Self.lease
                )
                guard !claim.deliveries.isEmpty else { return }
                let keys = self.endpoint.secrets.keys(at: try await self.store.now())
                let round = await self.send(claim.deliveries, keys)
                let verdict = Self.verdict(round)
                if let reason = try await self.store.settle(claim, round.map(\.attempt), verdict) {
                    self.logger.error("A webhook was disabled", metadata: self.metadata(reason))
                }
                self.tell(round)
                guard case .healthy = verdict else { return }
                limit = round.allSatisfy { $0.attempt.error == nil } ? min(limit * 2, Self.mostPerRound) : 1
            }
        } catch {
            self.logger.error("Deliveries to a webhook wait for the database", metadata: self.metadata("\(error)"))
        }
    }

    private struct Try: Sendable {
        let attempt: DeliveryAttempt
        let retryAfter: Duration?
    }

    /// Sends deliveries side by side until one fails or the time of the round is up; the rest is left untried.
    private func send(_ deliveries: [ClaimedDelivery], _ secrets: [WebhookSecret]) async -> [Try] {
        let began = ContinuousClock.now
        return await withTaskGroup(of: Try.self) { group in
            var waiting = deliveries.makeIterator()
            var round: [Try] = []
            var mayGoOn: Bool {
                round.last?.attempt.error == nil && ContinuousClock.now - began < Self.roundTime
                    && !Task.isShuttingDownGracefully
            }
            for _ in 0..<Self.concurrency {
                guard let delivery = waiting.next() else { break }
                group.addTask { await self.send(delivery, secrets) }
            }
            while let tried = await group.next() {
                round.append(tried)
                guard mayGoOn, let delivery = waiting.next() else { continue }
                group.addTask { await self.send(delivery, secrets) }
            }
            return round
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
                "\(attempt.status == .dead ? "An event was given up" : "An event could not be delivered")",
                metadata: self.metadata(attempt.error ?? "").merging([
                    "eventId": "\(attempt.delivery.eventID)", "type": "\(attempt.delivery.type)",
                    "tries": "\(attempt.delivery.attempts + 1)",
                ]) { $1 }
            )
        }
    }

    private func metadata(_ reason: String) -> Logger.Metadata {
        ["webhook": "\(self.endpoint.id)", "reason": "\(reason)"]
    }
}
