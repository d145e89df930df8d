import Foundation
import HTTPTypes
import TestTags
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

@Suite("API access", .tags(.alone))
struct AccessTests {
    @Test("every route asks for a credential, and admits only the roles that have its right")
    func everyRoute() async throws {
        try await APIHarness.run { api in
            let tokens: [(Role, String)] = [
                (.viewer, api.viewerToken), (.worker, api.workerToken), (.app, api.appToken),
                (.operator, api.operatorToken), (.admin, api.adminToken),
            ]
            for route in UnstickAPI(store: api.store, authenticators: []).routes {
                let path = route.path.replacing("{id}", with: "x")
                let anonymous = try await api.ask(route.method, path, token: "").status
                guard case .right(let rights) = route.access else {
                    #expect(anonymous == 200, "\(path)")
                    continue
                }
                #expect(anonymous == 401, "\(path)")
                for (role, token) in tokens {
                    let status = try await api.ask(route.method, path, token: token).status
                    let mayCall = rights.contains { role.has($0) }
                    #expect(
                        (status == 403) != mayCall && status != 401,
                        "\(route.method) \(path) as \(role): \(status)"
                    )
                }
            }
        }
    }

    @Test("each role has its rights")
    func rights() {
        let rights = Role.allCases.map { role in Role.Right.allCases.filter { role.has($0) } }
        #expect(rights == [[.view], [.work], [.work, .order], [.view, .operate], Role.Right.allCases])
    }

    @Test("other methods are 405 with Allow, other paths 404")
    func wrongMethods() async throws {
        try await APIHarness.run { api in
            for (method, path, allowed) in [
                (HTTPRequest.Method.get, "/api/admin/jobs/cleanup", "POST"),
                (.delete, "/api/admin/jobs", "GET"), (.post, "/api/cron/cleanup-jobs", "GET"),
                (.put, "/api/admin/jobs/some-job", "GET"), (.head, "/api/cron/cleanup-jobs", "GET"),
                (.trace, "/healthz", "GET"),
            ] {
                let reply = try await api.ask(method, path, token: api.adminToken)
                #expect(reply.status == 405 && reply.headers[.allow] == allowed, "\(method) \(path)")
            }
            for path in ["/", "/api", "/api/admin/nothing", "/api/admin/jobs/a/b"] {
                let reply = try await api.get(path)
                #expect(reply.status == 404 && reply.headers[.contentType] == "application/problem+json")
            }
        }
    }

    @Test("an API key works until it is revoked, and only its digest is stored")
    func storedTokens() async throws {
        let store = try SQLiteStore.inMemory()
        let tokens = StoredTokens(store: store)
        let text = try await tokens.create(name: "ci", role: .viewer, at: store.now())
        #expect(text.hasPrefix("unstick_") && text.count == 8 + 16 + 1 + 64)
        let known = try #require(try await tokens.authenticate(bearer: text))
        #expect(
            known.name == "ci" && known.role == .viewer && known.credential == "token:\(text.split(separator: "_")[1])"
        )
        let kept = try #require(try await store.accessTokens().first)
        #expect(kept.digest.count == 32 && !text.contains(kept.digest.map { String($0, radix: 16) }.joined()))
        let taken = await #expect(throws: UnstickError.self) {
            try await tokens.create(name: "ci", role: .admin, at: store.now())
        }
        #expect(taken?.code == .conflict)
        #expect(try await store.revokeAccessToken(named: "ci", at: store.now()))
        #expect(try await tokens.authenticate(bearer: text) == nil)
        #expect(try await store.revokeAccessToken(named: "ci", at: store.now()) == false)
        _ = try await tokens.create(name: "ci", role: .admin, at: store.now())
        #expect(try await store.accessTokens().count == 2)
    }

    @Test("an API key's name must be plain", arguments: ["", "a b", "ä", String(repeating: "x", count: 65), "a\nb"])
    func names(name: String) async throws {
        let store = try SQLiteStore.inMemory()
        let error = await #expect(throws: UnstickError.self) {
            try await StoredTokens(store: store).create(name: name, role: .viewer, at: store.now())
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test("the admin's secret from the environment must be long, and works")
    func adminSecret() async throws {
        let secret = String(repeating: "k", count: 32)
        let authenticator = try AdminSecretAuthenticator(secret)
        #expect(try await authenticator.authenticate(bearer: secret)?.role == .admin)
        #expect(try await authenticator.authenticate(bearer: secret + "k") == nil)
        #expect(throws: UnstickError.self) { try AdminSecretAuthenticator(String(secret.dropLast())) }
    }

    @Test("digests are equal only when every byte is")
    func digests() {
        let digest = SecretDigest.sha256("secret")
        #expect(SecretDigest.equal(digest, SecretDigest.sha256("secret")))
        for index in digest.indices {
            var other = digest
            other[index] ^= 1
            #expect(!SecretDigest.equal(digest, other))
        }
        #expect(!SecretDigest.equal(digest, Array(digest.dropLast())))
    }
}
