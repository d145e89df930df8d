import Foundation
import HTTPTypes
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

@Suite("Roles in the admin UI", .tags(.alone))
struct PageAccessTests {
    @Test("every route authenticates, and admits only the roles that have its right", .timeLimit(.minutes(5)))
    func everyRoute() async throws {
        try await PagesHarness.run { pages in
            for route in pages.pages.routes {
                let path =
                    route.path.replacing(/\{[a-z]+\}/, with: "x") + (route.path == "/admin/live" ? "?watch=x" : "")
                guard case .right(let rights) = route.access else {
                    #expect(["/admin/sign-in", "/admin/assets/{version}/{name}"].contains(route.path))
                    continue
                }
                let anonymous =
                    route.method == .get ? try await pages.get(path, as: nil) : try await pages.post(path, [:], as: nil)
                #expect(anonymous.status == (route.method == .get ? 303 : 401), "\(path)")
                // Workers and apps have no session: they send their key with the request.
                for role in Role.allCases {
                    let token = try #require(pages.tokens[role])
                    let reply = try await pages.ask(
                        route.method,
                        path,
                        headers: ["authorization": "Bearer \(token)", "sec-fetch-site": "same-origin"],
                        body: route.method == .get ? nil : ""
                    )
                    let mayCome = rights.contains { role.has($0) }
                    #expect((reply.status == 403) != mayCome, "\(route.method) \(path) as \(role): \(reply.status)")
                    #expect(reply.status != 401 && reply.status != 500, "\(route.method) \(path) as \(role)")
                }
            }
        }
    }

    @Test("no path segment of the admin UI is in the place of the id of a job or a user, except refused ids")
    func segments() async throws {
        try await PagesHarness.run { pages in
            let paths = pages.pages.routes.map(\.path)
            let words = RouteWords.beside("{id}", in: paths, of: "jobs")
            #expect(words.isSubset(of: ReservedIDs.jobWords), "\(words)")
            #expect(RouteWords.beside("{id}", in: paths, of: "users") == [])
        }
    }

    @Test("viewers see no button and no form, on any view", .timeLimit(.minutes(2)))
    func viewersSeeNoForms() async throws {
        try await PagesHarness.run { pages in
            for path in [
                "", "/stuck", "/jobs", "/users", "/runs", "/policy", "/webhooks", "/deliveries", "/audit", "/bulk",
            ] {
                let reply = try await pages.get("/admin" + path)
                #expect(reply.status == 200 && !reply.text.contains("method=\"post\""), "\(path)")
            }
        }
    }

    @Test("without a credential no page answers")
    func closedByDefault() async throws {
        try await PagesHarness.run(roles: [.worker]) { pages in
            for path in ["/admin", "/admin/sign-in", "/admin/jobs", "/admin/assets/x/unstick.css"] {
                #expect(try await pages.get(path, as: nil).status == 404)
            }
            _ = try await StoredTokens(store: pages.store).create(name: "first", role: .viewer, at: pages.store.now())
            #expect(try await pages.get("/admin/sign-in", as: nil).status == 200)
        }
    }

    @Test("every answer has the headers against foreign scripts, frames and caches")
    func headers() async throws {
        try await PagesHarness.run { pages in
            for reply in [
                try await pages.get("/admin"), try await pages.get("/admin/sign-in", as: nil),
                try await pages.get("/admin/jobs/none"), try await pages.get("/admin", as: nil),
                try await pages.post("/admin/cleanup", [:], as: .viewer),
                try await pages.ask(.put, "/admin/jobs"), try await pages.get("/admin/nothing/there", as: nil),
                try await pages.ask(.post, "/admin/nothing"),
            ] {
                let policy = try #require(reply.headers[.contentSecurityPolicy])
                #expect(policy.hasPrefix("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
                #expect(
                    !policy.contains("unsafe") && !reply.text.contains("style=") && !reply.text.contains("<script>")
                )
                #expect(reply.headers[.cacheControl] == "no-store")
                #expect(reply.headers[.xContentTypeOptions] == "nosniff")
                #expect(reply.headers[try #require(HTTPField.Name("referrer-policy"))] == "same-origin")
            }
        }
    }

    @Test("an unknown address is answered with a page, and the API's paths are not affected")
    func lost() async throws {
        try await PagesHarness.run { pages in
            for path in ["/admin/nothing", "/admin/jobs/a/b/c"] {
                let reply = try await pages.get(path, as: nil)
                #expect(reply.status == 404 && reply.text.contains("There is no such page."))
            }
            let api = try await pages.ask(.get, "/api/admin/nothing")
            #expect(api.status == 404 && api.headers[.contentType] == "application/problem+json")
            #expect(try await pages.get("/admin/assets/x/unstick.css", as: nil).status == 200)
        }
    }

    @Test("the overview shows the effect of a form at once")
    func overviewIsFresh() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.addStuckJobs(["a"])
            @Sendable func stuck() async throws -> Bool {
                try await pages.get("/admin", as: .operator).text.contains("1<span class=\"vh\"> stuck job</span>")
            }
            let before = try await stuck()
            _ = try await pages.post("/admin/jobs/a/cancel", [:], as: .operator)
            let after = try await stuck()
            #expect(before && !after)
        }
    }

    @Test(
        "a form from another site changes nothing",
        arguments: [
            (["sec-fetch-site": "cross-site"], nil), (["sec-fetch-site": "same-site"], nil),
            (["sec-fetch-site": "none"], nil), (["sec-fetch-site": "", "origin": "https://evil.example"], nil),
            ([:], "wrong"), ([:], ""),
        ] as [([String: String], String?)]
    )
    func foreignForms(headers: [String: String], token: String?) async throws {
        try await PagesHarness.run { pages in
            let fields = ["minutes": "5"].merging(token.map { ["_csrf": $0] } ?? [:]) { $1 }
            let reply = try await pages.post("/admin/pause", fields, as: .operator, headers: headers)
            #expect(reply.status == 403 && reply.text.contains("did not come from a page of this server"))
            #expect(try await pages.store.currentPause() == nil)
        }
    }

    @Test("a browser that sends only its origin is accepted")
    func origin() async throws {
        try await PagesHarness.run(proxies: "127.0.0.0/8, ::1") { pages in
            let cookie = try await pages.cookie(of: .operator)
            let token = PageRequest.formToken(of: String(cookie.split(separator: "=")[1]))
            for (origin, status) in [("https://ops.example", 303), ("https://other.example", 403), ("null", 403)] {
                let reply = try await pages.ask(
                    .post,
                    "/admin/pause",
                    headers: ["cookie": cookie, "origin": origin, "x-forwarded-host": "ops.example"],
                    body: "minutes=5&_csrf=\(token)"
                )
                #expect(reply.status == status, "\(origin)")
            }
        }
    }

    @Test("the admin UI works under a prefix, also in links")
    func prefix() async throws {
        try await PagesHarness.run(basePath: "/ops") { pages in
            #expect(try await pages.get("/admin", as: nil).status == 404)
            #expect(
                try await pages.get("/ops/admin/jobs", as: nil).location?.hasPrefix("/ops/admin/sign-in?next=") == true
            )
            let cookie = try await pages.signIn(try #require(pages.tokens[.viewer]), basePath: "/ops")
            let page = try await pages.ask(.get, "/ops/admin/jobs", headers: ["cookie": cookie])
            let links = page.text.matches(of: /(?:href|src|action)="([^"]+)"/).map { String($0.output.1) }
            #expect(page.status == 200 && links.allSatisfy { $0.hasPrefix("/ops/admin") || $0.hasPrefix("#") })
        }
    }

    @Test("the headers of a proxy count only if the proxy is trusted")
    func proxies() async throws {
        let forwarded = ["x-forwarded-prefix": "/edge", "x-forwarded-for": "198.51.100.7, 10.9.8.7", "x-live": ""]
        try await PagesHarness.run(proxies: "127.0.0.0/8, ::1, 10.0.0.0/8") { pages in
            #expect(try await pages.ask(.get, "/admin/jobs", headers: forwarded).text.contains("/edge/admin/sign-in"))
            _ = try await pages.post("/admin/sign-in", ["token": "wrong"], as: nil, headers: forwarded)
            let entry = try await pages.store.auditEntries(AuditFilter(), before: nil, limit: 1).rows[0]
            #expect(entry.act.action == .signInRefused && entry.act.address == "198.51.100.7")
        }
        try await PagesHarness.run { pages in
            #expect(!(try await pages.ask(.get, "/admin/jobs", headers: forwarded)).text.contains("/edge"))
            _ = try await pages.post("/admin/sign-in", ["token": "wrong"], as: nil, headers: forwarded)
            let entry = try await pages.store.auditEntries(AuditFilter(), before: nil, limit: 1).rows[0]
            #expect(entry.act.address == "127.0.0.1" || entry.act.address == "::1")
        }
    }
}
