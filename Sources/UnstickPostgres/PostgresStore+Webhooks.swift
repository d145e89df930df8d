public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Takes the deliveries to an endpoint that are due.
    ///
    /// A claim whose answer is lost ends with its lease.
    public func claimDeliveries(to endpointID: String, limit: Int, lease: Duration) async throws -> DeliveryClaim {
        let id = RandomID.uuid()
        let facts: SQLArguments = [
            "claim": .text(id), "endpoint": .text(endpointID), "limit": .integer(limit),
            "lease": .integer(lease.inMilliseconds),
        ]
        return try await self.transact(ifUnknown: .tell) { transaction in
            let claimed = try transaction.run([
                SQLCall(Self.keyedPlans), SQLCall("SELECT :now AS now"),
                SQLCall(WebhookStatements.claimDue, facts),
            ])
            let deliveries = claimed[2].rows.map { ClaimedDelivery(row: $0, .postgres) }
            return DeliveryClaim(
                id: id,
                endpointID: endpointID,
                deliveries: deliveries.sorted { $0.eventID < $1.eventID },
                now: try claimed[1].only().timestamp(required: "now")
            )
        }
    }
}
