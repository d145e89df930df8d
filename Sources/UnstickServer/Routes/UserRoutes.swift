import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var userRoutes: [Route] {
        [Route(method: .get, path: "/api/admin/users/{id}/tokens", access: .right([.view]), handle: self.tokens)]
    }

    private func tokens(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["limit", "cursor"])
        return try Answer.json(
            await TokenBalanceManager(store: self.store).statement(
                of: call.path("id"),
                before: query.integer("cursor", in: 1...Int.max),
                limit: query.limit()
            )
        )
    }
}
