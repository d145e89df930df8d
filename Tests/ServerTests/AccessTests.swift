import Foundation
import HTTPTypes
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

@Suite("Who may call what")
struct AccessTests {
    @Test("every admin route asks for a credential, and a viewer may only look")
    func everyRoute() async throws {
        try await APIHarness.run { api in
            let routes = UnstickAPI(store: api.store, authenticators: []).routes
            #expect(routes.count == 11)
            for route in routes {
                let path = route.path.replacing("{id}", with: "x")
                let anonymous = try await api.ask(route.method, path, token: "").status
                let viewer = try await api.ask(route.method, path, token: api.viewerToken).status
                switch route.access {
                case .open, .cron: #expect(anonymous == 200)
                case .right([.view]): #expect(anonymous == 401 && (viewer == 200 || viewer == 404), "\(path)")
                case .right: #expect(anonymous == 401 && viewer == 403, "\(path)")
                }
            }
        }
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

    @Test("a stored token works until it is revoked, and only its digest is kept")
    func storedTokens() async throws {
        let store = try SQLiteStore.inMemory()
        let tokens = StoredTokens(store: store)
        let text = try await tokens.create(name: "ci", role: .viewer, at: store.now())
        #expect(text.hasPrefix("unstick_") && text.count == 8 + 16 + 1 + 64)
        #expect(try await tokens.authenticate(bearer: text) == Principal(name: "ci", role: .viewer))
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

    @Test("a token's name must be plain", arguments: ["", "a b", "ä", String(repeating: "x", count: 65), "a\nb"])
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
