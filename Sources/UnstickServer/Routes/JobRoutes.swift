import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var jobRoutes: [Route] {
        [
            Route(method: .get, path: "/api/admin/jobs", access: .right([.view]), handle: self.jobs),
            Route(method: .get, path: "/api/admin/jobs/{id}", access: .right([.view]), handle: self.job),
        ]
    }

    private func jobs(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["status", "userId", "kind", "limit", "cursor"])
        let filter = try JobFilter(
            status: query.word("status", as: JobStatus.self),
            userID: query.text("userId"),
            kind: query.text("kind")
        )
        return try Answer.json(
            await self.store.page(filter, cursor: query.text("cursor"), limit: query.limit())
        )
    }

    func job(_ call: Call) async throws -> Response {
        let id = try call.path("id")
        guard let job = try await self.store.job(id) else {
            throw Problem.notFound("There is no job '\(id.cut(toBytes: Limits.idBytes))'.")
        }
        return try Answer.json(job)
    }
}
