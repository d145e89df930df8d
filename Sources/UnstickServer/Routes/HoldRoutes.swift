import Hummingbird
import Unstick

extension UnstickAPI {
    var holdRoutes: [Route] {
        let path = "/api/admin/holds"
        return [
            Route(method: .get, path: path, access: .right([.view]), handle: self.holds),
            Route(method: .get, path: path + "/{id}", access: .right([.view]), handle: self.hold),
            Route(method: .post, path: path + "/{id}/approve", access: .right([.operate])) { call in
                try await self.decision(on: call) { try await $0.approveHold($1) }
            },
            Route(method: .post, path: path + "/{id}/clear", access: .right([.operate])) { call in
                try await self.decision(on: call) { try await $0.clearHold($1) }
            },
        ]
    }

    private func holds(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["state", "limit"])
        let state = try query.word("state", as: Hold.State.self)
        return try Answer.json(["holds": await self.store.holds(state, limit: query.limit())])
    }

    private func hold(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["limit"])
        let id = try call.path("id")
        guard let hold = try await self.store.hold(id) else { throw Self.noHold(id) }
        return try Answer.json(
            HoldDetail(hold: hold, jobs: await self.store.heldJobs(of: id, limit: query.limit()))
        )
    }

    private func decision(
        on call: Call,
        _ decide: (Administration, String) async throws -> Administration.HoldDecision
    ) async throws -> Response {
        let id = try call.path("id")
        switch try await decide(self.administration(by: call), id) {
        case .decided(let hold): return try Answer.json(hold)
        case .refused(let hold): throw Problem(status: .conflict, code: "not_open", detail: hold.refusal)
        case .missing: throw Self.noHold(id)
        }
    }

    private static func noHold(_ id: String) -> Problem {
        .notFound("There is no hold '\(id.cut(toBytes: Limits.idBytes))'. 'GET /api/admin/holds' lists the holds.")
    }
}
