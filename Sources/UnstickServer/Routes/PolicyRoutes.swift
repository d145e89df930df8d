import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var policyRoutes: [Route] {
        [
            Route(method: .get, path: "/api/admin/policy", access: .right([.view])) { _ in
                try Answer.json(self.configuration.policy.current)
            },
            Route(
                method: .post,
                path: "/api/admin/policy/reload",
                access: .right([.administer]),
                handle: self.reloadPolicy
            ),
        ]
    }

    /// Reads the policy file again; one that is wrong leaves the policy in force as it is.
    private func reloadPolicy(_ call: Call) async throws -> Response {
        _ = try await JSONBody(of: call, allowing: [])
        guard let reload = self.configuration.reloadPolicy else {
            throw Problem(
                status: .conflict,
                code: "no_policy_file",
                detail: "The server was started without a policy file. Start it with --policy FILE."
            )
        }
        do {
            let actor = try call.actor
            let policy = try await self.store.audited(actor.act(.reloadPolicy)) { try await reload() }
            return try Answer.json(policy)
        } catch let error as UnstickError where error.code == .invalidInput {
            throw Problem(
                status: .unprocessableContent,
                code: "invalid_policy",
                detail: "The policy file is invalid; the previous policy stays in force.",
                errors: error.message.split(separator: "\n").map { Problem.Detail(detail: String($0)) }
            )
        }
    }
}
