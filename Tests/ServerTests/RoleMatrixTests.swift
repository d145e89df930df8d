import Foundation
import HTTPTypes
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

/// Compares the roles of the document with the router: every operation, every role, and no credential.
@Suite("Role matrix")
struct RoleMatrixTests {
    private struct Operation {
        let method: HTTPRequest.Method
        let path: String
        let scheme: String?
        let roles: [String]
        let description: String
    }

    private func operations() throws -> [Operation] {
        let document = try OpenAPIDocument(Data(PackageResources.openapi_json))
        return try document.paths.sorted { $0.key < $1.key }.flatMap { path, operations in
            try operations.sorted { $0.key < $1.key }.map { method, value in
                let operation = try #require(value as? [String: Any])
                return Operation(
                    method: try #require(HTTPRequest.Method(rawValue: method.uppercased())),
                    path: path,
                    scheme: (operation["security"] as? [[String: Any]])?.first?.keys.first,
                    roles: operation["x-roles"] as? [String] ?? [],
                    description: operation["description"] as? String ?? ""
                )
            }
        }
    }

    @Test("each operation with a credential names its roles, in their order, and its description agrees")
    func descriptions() throws {
        for operation in try self.operations() {
            let name = "\(operation.method) \(operation.path)"
            #expect((operation.scheme == "bearer") == !operation.roles.isEmpty, "\(name)")
            let known = Role.allCases.map(\.rawValue).filter(operation.roles.contains)
            #expect(operation.roles == known, "\(name)")
            let sentence = "Roles: \(operation.roles.joined(separator: ", "))."
            #expect(operation.description.hasSuffix(sentence) == !operation.roles.isEmpty, "\(name)")
            let rest = operation.description.replacing(sentence, with: "")
            #expect(rest.firstMatch(of: /(?i)\brole (viewer|worker|app|operator|admin)\b/) == nil, "\(name)")
        }
    }

    @Test("the server admits those roles, and no others")
    func matrix() async throws {
        let secret = "the secret of the cron job"
        let cron = try SharedSecret([secret], name: "CRON_SECRET", minimum: 16)
        let operations = try self.operations()
        // A credential of one endpoint is refused at the other; so is a revoked key.
        try await APIHarness.run(cronSecret: cron, refusals: Refusals(most: .max)) { api in
            let revoked = try await StoredTokens(store: api.store).create(
                name: "old",
                role: .admin,
                at: api.store.now()
            )
            _ = try await api.store.revokeAccessToken(named: "old", at: api.store.now())
            let tokens: [(name: String, token: String)] = [
                ("viewer", api.viewerToken), ("worker", api.workerToken), ("app", api.appToken),
                ("operator", api.operatorToken), ("admin", api.adminToken), ("nobody", ""), ("a stranger", "guess"),
                ("a withdrawn token", revoked), ("the cron secret", secret),
            ]
            #expect(Set(tokens.map(\.name)).isSuperset(of: Role.allCases.map(\.rawValue)))
            for operation in operations {
                for (name, token) in tokens {
                    let path = operation.path.replacing("{id}", with: "none")
                    let status = try await api.ask(operation.method, path, token: token).status
                    let expected: Int? =
                        switch operation.scheme {
                        case nil: nil
                        case "cron": name == "the cron secret" ? nil : 401
                        default: operation.roles.contains(name) ? nil : Role(rawValue: name) == nil ? 401 : 403
                        }
                    let isLetIn = ![401, 403, 429].contains(status)
                    #expect(
                        expected.map { $0 == status } ?? isLetIn,
                        "\(operation.method) \(operation.path) by \(name): \(status)"
                    )
                }
            }
        }
    }
}
