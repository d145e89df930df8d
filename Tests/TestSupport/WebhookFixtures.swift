import Foundation
package import Unstick

extension WebhookEndpoint {
    /// An endpoint that subscribes to some events.
    package static func fixture(
        id: String = "hook",
        url: String = "https://example.com/hook",
        events: [String] = ["*"]
    ) -> WebhookEndpoint {
        WebhookEndpoint(
            id: id,
            url: url,
            events: events,
            secrets: SigningSecrets(current: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            createdAt: Timestamp(milliseconds: 0)
        )
    }
}

extension WebhookStore {
    /// Accepts everything that is due to an endpoint, like a working receiver.
    ///
    /// - Returns: the events, in their order.
    package func takeAll(to endpointID: String = "hook") async throws -> [ClaimedDelivery] {
        var taken: [ClaimedDelivery] = []
        while true {
            let claim = try await self.claimDeliveries(to: endpointID, limit: 100, lease: .seconds(60))
            guard !claim.deliveries.isEmpty else { return taken }
            taken += claim.deliveries
            _ = try await self.settle(claim, claim.deliveries.map { .taken($0) }, .healthy)
        }
    }
}

extension DeliveryAttempt {
    /// A delivery that the receiver accepted.
    package static func taken(_ delivery: ClaimedDelivery) -> DeliveryAttempt {
        DeliveryAttempt(delivery: delivery, status: .delivered, httpStatus: 200, error: nil, took: .milliseconds(5))
    }

    /// A delivery that it did not accept.
    package static func refused(_ delivery: ClaimedDelivery, retryIn: Duration = .zero) -> DeliveryAttempt {
        DeliveryAttempt(
            delivery: delivery,
            status: .pending,
            retryIn: retryIn,
            httpStatus: 500,
            error: "The receiver answered 500.",
            took: .milliseconds(5)
        )
    }
}

extension ClaimedDelivery {
    /// The fields of the event.
    package func fields() throws -> [ExactText: JSONValue] {
        try StrictJSON.object(Array(self.payload.utf8))
    }
}
