import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var deliveryRoutes: [Route] {
        let path = "/api/admin/deliveries"
        return [
            Route(method: .get, path: path, access: .right([.view]), handle: self.deliveries),
            Route(method: .post, path: path + "/replay", access: .right([.administer]), handle: self.replay),
        ]
    }

    private func deliveries(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["endpoint", "status", "job", "limit", "cursor"])
        let filter = DeliveryFilter(
            endpointID: try query.text("endpoint"),
            status: try query.word("status", as: WebhookDelivery.Status.self),
            jobID: try query.text("job")
        )
        return try Answer.json(await self.store.page(filter, cursor: query.text("cursor"), limit: query.limit()))
    }

    private func replay(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["endpoint", "event", "since", "status"])
        let since = try body.text("since").map { text in
            guard let since = Timestamp(text) else {
                throw Problem.badRequest("It must be a time such as 2026-01-31T12:00:00Z.", pointer: "/since")
            }
            return since
        }
        let selection = ReplaySelection(
            endpointID: try body.name("endpoint"),
            eventID: try body.name("event"),
            since: since,
            status: try body.word("status", as: WebhookDelivery.Status.self) ?? .dead
        )
        return try Answer.json(["replayed": try await self.administration(by: call).replay(selection)])
    }
}
