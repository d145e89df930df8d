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
    /// - Throws: a problem where the server has no policy file, and `invalidInput` for an invalid one.
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

    /// Answers a call that reads the policy file again; an invalid file leaves the policy in force unchanged.
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
