import Foundation
import HTTPTypes
import Synchronization
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

@Suite("Sign-in", .tags(.alone))
struct SignInTests {
    @Test("an API key signs in; the cookie is for this host only, and only its digest is stored")
    func signsIn() async throws {
        try await PagesHarness.run { pages in
            let reply = try await pages.post(
                "/admin/sign-in",
                ["token": try #require(pages.tokens[.operator])],
                as: nil
            )
            let cookie = try #require(reply.headers[.setCookie])
            #expect(reply.status == 303 && cookie.hasPrefix("__Host-unstick="))
            #expect(cookie.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Strict"))
            let secret = String(cookie.dropFirst("__Host-unstick=".count).prefix { $0 != ";" })
            #expect(secret.count == 64)
            let session = try #require(try await pages.store.session(SecretDigest.sha256(secret)))
            #expect(session.name == "the-operator" && session.role == .operator)
            #expect(session.expiresAt - session.createdAt == Session.longest)
            #expect(try await pages.ask(.get, "/admin", headers: ["cookie": "__Host-unstick=\(secret)"]).status == 200)
        }
    }

    @Test("signing in again starts another session and ends the old one")
    func rotates() async throws {
        try await PagesHarness.run { pages in
            let token = try #require(pages.tokens[.viewer])
            let first = try await pages.signIn(token)
            let again = try await pages.post("/admin/sign-in", ["token": token], as: nil, headers: ["cookie": first])
            let second = String(try #require(again.headers[.setCookie]).prefix { $0 != ";" })
            #expect(first != second)
            #expect(try await pages.ask(.get, "/admin", headers: ["cookie": first]).status == 303)
            #expect(try await pages.ask(.get, "/admin", headers: ["cookie": second]).status == 200)
        }
    }

    @Test("a session ends after half an hour without activity, and after twelve hours in any case")
    func expires() async throws {
        let now = Mutex(SQLiteStore.machineClock())
        @Sendable func pass(_ time: Duration) { now.withLock { $0 = $0 + time } }
        @Sendable func clock() -> Timestamp { now.withLock { $0 } }
        try await PagesHarness.run(clock: clock) { pages in
            @Sendable func isIn() async throws -> Bool { try await pages.get("/admin/account").status == 200 }
            _ = try await pages.cookie(of: .viewer)
            for _ in 0..<24 {
                pass(.seconds(29 * 60))
                let isIn = try await isIn()
                #expect(isIn)
            }
            pass(.seconds(29 * 60))
            let isInAfterTwelveHours = try await isIn()
            #expect(!isInAfterTwelveHours)
            let cookie = try await pages.signIn(try #require(pages.tokens[.viewer]))
            pass(Session.idle)
            #expect(try await pages.ask(.get, "/admin", headers: ["cookie": cookie]).status == 303)
        }
    }

    @Test("a session ends when its key is revoked")
    func revoked() async throws {
        try await PagesHarness.run { pages in
            #expect(try await pages.get("/admin").status == 200)
            _ = try await pages.store.revokeAccessToken(named: "the-viewer", at: pages.store.now())
            #expect(try await pages.get("/admin").status == 303)
            #expect(try await pages.get("/admin", headers: ["x-live": "1"]).status == 401)
            let stream = try await pages.get("/admin/live?watch=overview", headers: ["accept": "text/event-stream"])
            #expect(stream.status == 401)
        }
    }

    @Test("keys of programs, and unknown ones, are refused with the reason; the refusal is counted and logged")
    func refused() async throws {
        try await PagesHarness.run { pages in
            let worker = try await pages.post("/admin/sign-in", ["token": try #require(pages.tokens[.worker])], as: nil)
            #expect(
                worker.status == 401 && worker.text.contains("is for programs") && worker.headers[.setCookie] == nil
            )
            for _ in 0..<9 {
                let reply = try await pages.post("/admin/sign-in", ["token": "guess"], as: nil)
                #expect(reply.status == 401 && reply.text.contains("is unknown or revoked"))
            }
            let reply = try await pages.post("/admin/sign-in", ["token": "guess"], as: nil)
            #expect(reply.status == 429 && reply.headers[.retryAfter] != nil && reply.headers[.setCookie] == nil)
            let right = try await pages.post("/admin/sign-in", ["token": try #require(pages.tokens[.admin])], as: nil)
            #expect(right.status == 303 && right.headers[.setCookie] != nil, "a right token always gets in")
            let log = try await pages.store.auditEntries(AuditFilter(action: .signInRefused), before: nil, limit: 50)
                .rows
            #expect(log.count == 4, "the 1st, 2nd, 4th and 8th")
            #expect(log.last?.act.who == "the-worker" && log.first?.act.who == "unknown")
            #expect(log.first?.act.detail?.contains("8 from this address") == true)
            #expect(log.allSatisfy { $0.outcome?.hasPrefix("refused") == true && $0.act.address != nil })
        }
    }

    @Test("strangers from one IPv6 network with invented keys neither fill the audit log nor lock others out")
    func flood() async throws {
        try await PagesHarness.run(proxies: "127.0.0.1") { pages in
            for index in 0..<60 {
                let token = "unstick_\(String(repeating: String(index % 10), count: 16))_\(index)"
                let from = ["x-forwarded-for": "2001:db8:1:2::\(index)"]
                let reply = try await pages.post("/admin/sign-in", ["token": token], as: nil, headers: from)
                #expect(reply.status == (index < 10 ? 401 : 429), "\(index)")
            }
            let log = try await pages.store.auditEntries(AuditFilter(action: .signInRefused), before: nil, limit: 50)
            #expect(log.rows.count == 6)
            let admin = try #require(pages.tokens[.admin])
            for address in ["2001:db8:1:2::1", "2001:db8:1:3::1", "192.0.2.7"] {
                let reply = try await pages.post(
                    "/admin/sign-in",
                    ["token": " \(admin)\n"],
                    as: nil,
                    headers: ["x-forwarded-for": address]
                )
                #expect(reply.status == 303, "\(address)")
            }
        }
    }

    @Test("a wrong bearer token and a forbidden view of the admin UI are counted like those of the API")
    func pageRefusals() async throws {
        try await PagesHarness.run { pages in
            for index in 0..<40 {
                let reply = try await pages.ask(.get, "/admin", headers: ["authorization": "Bearer guess"])
                #expect(reply.status == (index < 30 ? 303 : 429), "\(index)")
                if index == 39 { #expect(reply.headers[.retryAfter] != nil) }
            }
            #expect(try await pages.get("/admin").status == 200)
        }
    }

    @Test(
        "a sign-in redirects only to pages of the admin UI",
        arguments: [
            "https://evil.example/", "//evil.example", "/admin/..//evil.example", "/api/admin/jobs", "/adminevil",
            "/admin/jobs\\evil", "/admin/sign-in", "javascript:alert(1)", "/admin/live?watch=overview",
            "/admin/../../x", "/admin/%2E%2e/x",
        ]
    )
    func next(place: String) async throws {
        try await PagesHarness.run { pages in
            let token = try #require(pages.tokens[.viewer])
            let reply = try await pages.post("/admin/sign-in", ["token": token, "next": place], as: nil)
            #expect(reply.location == "/admin/sign-in?began=1&next=%2Fadmin")
        }
    }

    @Test("a signed token of an app signs in by the form, by a bearer and by the app's cookie, and ends with the token")
    func signedTokens() async throws {
        let secret = String(repeating: "k", count: 32)
        let settings = try JWTSettings(audience: "unstick", secret: secret, role: "/role")
        let logger = PagesHarness.quiet
        try await PagesHarness.run(
            tokenCookie: "app-session",
            authenticators: [JWTAuthenticator(settings: settings, logger: logger)]
        ) { pages in
            let end = Int(Date().timeIntervalSince1970) + 600
            let token = HMACToken.make(["sub": "ada", "aud": "unstick", "role": "operator", "exp": end], secret)
            let cookie = try await pages.signIn(token)
            let digest = SecretDigest.sha256(String(cookie.split(separator: "=")[1]))
            let session = try #require(try await pages.store.session(digest))
            #expect(session.name == "ada" && session.role == .operator)
            #expect(session.expiresAt == Timestamp(seconds: end))
            let bearer = try await pages.ask(.get, "/admin", headers: ["authorization": "Bearer \(token)"])
            let inCookie = try await pages.ask(.get, "/admin", headers: ["cookie": "app-session=\(token)"])
            #expect(bearer.status == 200 && inCookie.status == 200)
            let nobody = HMACToken.make(["sub": "eve", "aud": "unstick", "role": "user", "exp": end], secret)
            let reply = try await pages.post("/admin/sign-in", ["token": nobody], as: nil)
            #expect(reply.status == 401 && reply.text.contains("gives no role here"))
        }
    }

    @Test(
        "a form of a user whom the app's cookie signs in stays valid when the app renews the cookie, and in no other browser"
    )
    func appCookie() async throws {
        let secret = String(repeating: "k", count: 32)
        let settings = try JWTSettings(audience: "unstick", secret: secret, role: "/role")
        let end = Int(Date().timeIntervalSince1970) + 600
        @Sendable func token(_ name: String, _ more: Int) -> String {
            let claims: [String: Any] = ["sub": name, "aud": "unstick", "role": "operator", "exp": end + more]
            return "app-session=" + HMACToken.make(claims, secret)
        }
        try await PagesHarness.run(
            tokenCookie: "app-session",
            authenticators: [JWTAuthenticator(settings: settings, logger: PagesHarness.quiet)]
        ) { pages in
            let page = try await pages.get("/admin/policy", as: nil, headers: ["cookie": token("ada", 0)])
            let set = try #require(page.headers[.setCookie])
            #expect(set.hasPrefix("__Host-unstick-form=") && set.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax"))
            let cookie = String(set.prefix { $0 != ";" })
            let csrf = try #require(page.text.firstMatch(of: /name="_csrf" value="([0-9a-f]+)"/)?.1)
            let fields = ["minutes": "5", "_csrf": String(csrf)]
            @Sendable func pause(_ cookies: String...) async throws -> Int {
                let headers = ["cookie": cookies.joined(separator: "; ")]
                return try await pages.post("/admin/pause", fields, as: nil, headers: headers).status
            }
            #expect(try await pause(token("ada", 0)) == 403, "the app's cookie alone changes nothing")
            #expect(try await pause(token("ada", 0), "__Host-unstick-form=another") == 403)
            #expect(try await pause(token("eve", 0), cookie) == 403)
            #expect(try await pages.store.currentPause() == nil)
            #expect(try await pause(token("ada", 60), cookie) == 303)
            #expect(try await pages.store.currentPause() != nil)
            let again = try await pages.get("/admin", as: nil, headers: ["cookie": "\(token("ada", 60)); \(cookie)"])
            #expect(again.status == 200 && again.headers[.setCookie] == nil)
        }
    }
}
