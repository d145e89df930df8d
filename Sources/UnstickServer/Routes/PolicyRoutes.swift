import HTTPTypes
import Hummingbird
package import Unstick

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

    /// Reads the policy file again.
    ///
    /// - Throws: a problem where the server has none, and `invalidInput` for one that is wrong.
    package func reloadPolicy(by administration: Administration) async throws -> Policy {
        guard let reload = self.configuration.reloadPolicy else {
            throw Problem(
                status: .conflict,
                code: "no_policy_file",
                detail: "The server was started without a policy file. Start it with --policy FILE."
            )
        }
        return try await administration.reloadPolicy { try await reload() }
    }

    /// Answers a call that reads the policy file again; one that is wrong leaves the policy in force as it is.
    private func reloadPolicy(_ call: Call) async throws -> Response {
        _ = try await JSONBody(of: call, allowing: [])
        do {
            return try Answer.json(await self.reloadPolicy(by: self.administration(by: call)))
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
