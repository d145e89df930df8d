import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var runRoutes: [Route] {
        [
            Route(method: .get, path: "/api/admin/cleanup/runs", access: .right([.view]), handle: self.runs),
            Route(method: .get, path: "/api/admin/cleanup/runs/{id}", access: .right([.view]), handle: self.run),
        ]
    }

    private func runs(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["limit", "cursor"])
        return try Answer.json(await self.store.page(cursor: query.text("cursor"), limit: query.limit()))
    }

    private func run(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["limit", "cursor"])
        let id = try call.path("id")
        let after = try query.integer("cursor", in: 0...Int.max) ?? 0
        guard let detail = try await self.store.detail(of: id, after: after, limit: query.limit()) else {
            throw Problem.notFound("There is no run '\(id.cut(toBytes: Limits.idBytes))'.")
        }
        return try Answer.json(detail)
    }
}
