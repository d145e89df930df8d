public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Takes the deliveries to an endpoint that are due.
    public func claimDeliveries(to endpointID: String, limit: Int, lease: Duration) async throws -> DeliveryClaim {
        let (id, now) = (RandomID.uuid(), self.clock())
        return try await self.write(ifUnknown: .tell) { transaction in
            let facts: SQLArguments = [
                "endpoint": .text(endpointID), "now": .integer(now.milliseconds), "limit": .integer(limit),
                "claim": .text(id), "lease": .integer(lease.inMilliseconds),
            ]
            let deliveries = try transaction.run(WebhookStatements.dueToEndpoint, facts).rows.map {
                ClaimedDelivery(row: $0, .sqlite)
            }
            // Their ids are made here, of letters that need no quoting.
            let events = deliveries.map { "\"\($0.eventID)\"" }.joined(separator: ",")
            if !deliveries.isEmpty {
                try transaction.run(
                    WebhookStatements.claimThese,
                    facts.merging(["events": .text("[\(events)]")]) { $1 }
                )
            }
            return DeliveryClaim(id: id, endpointID: endpointID, deliveries: deliveries, now: now)
        }
    }
}
