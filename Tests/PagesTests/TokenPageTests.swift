import HTTPTypes
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

extension PagesHarness {
    fileprivate func acts(_ action: AuditAction) async throws -> [AuditEntry] {
        try await self.store.auditEntries(AuditFilter(action: action), before: nil, limit: 10).rows
    }

    /// The API key that a role signs in with.
    fileprivate func token(of role: Role) async throws -> AccessToken {
        try #require(try await self.store.accessTokens().first { $0.role == role })
    }
}

@Suite("API key and account pages", .tags(.alone), .timeLimit(.minutes(1)))
struct TokenPageTests {
    @Test("a new key is shown once, works, and has an audit entry without its secret")
    func create() async throws {
        try await PagesHarness.run { pages in
            let made = try await pages.post("/admin/tokens", ["name": "ci", "role": "viewer"], as: .admin)
            #expect(made.status == 201 && made.headers[.cacheControl] == "no-store")
            let token = try #require(made.text.firstMatch(of: /unstick_[0-9a-f]{16}_[0-9a-f]{64}/)).output
            let principal = try await StoredTokens(store: pages.store).authenticate(bearer: String(token))
            #expect(principal?.name == "ci" && principal?.role == .viewer)
            let list = try await pages.get("/admin/tokens", as: .admin)
            #expect(list.text.contains("/admin/tokens/ci/revoke") && !list.text.contains(/unstick_[0-9a-f]/))
            let act = try #require(try await pages.acts(.createToken).first)
            #expect(act.act.subject == "ci" && act.act.detail == "viewer" && act.outcome == AuditEntry.done)
        }
    }

    @Test(
        "an invalid or used name is refused with its reason, and stays in the field",
        arguments: ["ci", "a b", "", "ümlaut", String(repeating: "x", count: 65), String(repeating: "x", count: 900)]
    )
    func refused(name: String) async throws {
        try await PagesHarness.run { pages in
            let form = ["name": "ci", "role": "worker"]
            #expect(try await pages.post("/admin/tokens", form, as: .admin).status == 201)
            let before = try await pages.store.accessTokens().count
            let reply = try await pages.post("/admin/tokens", ["name": name, "role": "operator"], as: .admin)
            #expect(reply.status == 400 && reply.text.contains("<p class=\"note error\""))
            #expect(reply.text.contains("value=\"\(name)\"") && reply.text.contains("value=\"operator\" selected"))
            #expect(try await pages.store.accessTokens().count == before)
            #expect(try await pages.post("/admin/tokens", ["name": "x", "role": "king"], as: .admin).status == 400)
        }
    }

    @Test("only an admin sees the keys or changes them", arguments: [Role.viewer, .operator])
    func roles(role: Role) async throws {
        try await PagesHarness.run { pages in
            #expect(try await pages.get("/admin/tokens", as: role).status == 403)
            #expect(try await pages.post("/admin/tokens", ["name": "x", "role": "admin"], as: role).status == 403)
            let admin = try await pages.token(of: .admin)
            #expect(try await pages.post("/admin/tokens/\(admin.name)/revoke", [:], as: role).status == 403)
            #expect(try await pages.token(of: .admin).revokedAt == nil)
            #expect(!(try await pages.get("/admin/account", as: role).text.contains("/admin/tokens")))
        }
    }

    @Test("a key is revoked with an audit entry, and its sessions end")
    func revoke() async throws {
        try await PagesHarness.run { pages in
            let viewer = try await pages.token(of: .viewer)
            #expect(try await pages.get("/admin/account", as: .viewer).status == 200)
            let reply = try await pages.post("/admin/tokens/\(viewer.name)/revoke", [:], as: .admin)
            #expect(reply.status == 303 && reply.headers[.location] == "/admin/tokens?did=revoked")
            #expect(try await pages.token(of: .viewer).revokedAt != nil)
            let list = try await pages.get("/admin/tokens?did=revoked", as: .admin)
            #expect(list.text.contains("Revoked</span>") && !list.text.contains("/\(viewer.name)/revoke"))
            #expect(try await pages.acts(.revokeToken).map(\.act.subject) == [viewer.name])
            #expect(try await pages.post("/admin/tokens/\(viewer.name)/revoke", [:], as: .admin).status == 404)
        }
    }

    @Test("no caller revokes the key that they are signed in with")
    func ownToken() async throws {
        try await PagesHarness.run { pages in
            let admin = try await pages.token(of: .admin)
            let list = try await pages.get("/admin/tokens", as: .admin)
            #expect(list.text.contains(admin.name) && !list.text.contains("/\(admin.name)/revoke"))
            let reply = try await pages.post("/admin/tokens/\(admin.name)/revoke", [:], as: .admin)
            #expect(reply.status == 409 && reply.text.contains("Sign in with another key"))
            #expect(try await pages.token(of: .admin).revokedAt == nil)
            #expect(try await pages.acts(.revokeToken).isEmpty)
        }
    }

    @Test("the account shows the user; signing out ends the session")
    func signOut() async throws {
        try await PagesHarness.run { pages in
            let viewer = try await pages.token(of: .viewer)
            let account = try await pages.get("/admin/account", as: .viewer)
            #expect(account.status == 200 && account.text.contains("<dd>\(viewer.name)</dd>"))
            #expect(account.text.contains("<dd>viewer</dd>") && account.text.contains("<dt>Ends</dt><dd><time"))
            let out = try await pages.post("/admin/sign-out", [:], as: .viewer)
            #expect(out.status == 303 && out.headers[.location] == "/admin/sign-in")
            #expect(out.headers[.setCookie]?.contains("Max-Age=0") == true)
            #expect(try await pages.acts(.signOut).map(\.act.who) == [viewer.name])
        }
    }

    @Test("signing out everywhere ends the sessions of the same credential, and no others")
    func everywhere() async throws {
        try await PagesHarness.run { pages in
            let (viewer, admin) = (try await pages.token(of: .viewer), try await pages.token(of: .admin))
            let other = try await pages.begin(as: viewer, secret: "other")
            let another = try await pages.begin(as: admin, secret: "another")
            let out = try await pages.post("/admin/sign-out-everywhere", [:], as: .viewer)
            #expect(out.status == 303 && out.headers[.setCookie]?.contains("Max-Age=0") == true)
            #expect(try await pages.store.session(other) == nil)
            #expect(try await pages.store.session(another) != nil)
            let act = try #require(try await pages.acts(.signOut).first)
            #expect(act.act.detail == "everywhere" && act.outcome == "2 sessions ended")
        }
    }
}

extension PagesHarness {
    /// A session in another browser.
    ///
    /// - Returns: its digest.
    fileprivate func begin(as token: AccessToken, secret: String) async throws -> [UInt8] {
        let now = try await self.store.now()
        let session = Session(
            digest: SecretDigest.sha256(secret),
            name: token.name,
            role: token.role,
            credential: "token:\(token.id)",
            at: now,
            expiresAt: now + Session.longest
        )
        try await self.store.add(session)
        return session.digest
    }
}
