import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    var accountRoutes: [PageRoute] {
        [
            .get("/account") { visit in try await self.accountPage(visit) },
            .post("/sign-out", .view) { visit in try await self.signOut(visit) },
            .post("/sign-out-everywhere", .view) { visit in try await self.signOutEverywhere(visit) },
        ]
    }

    private func accountPage(_ visit: PageRequest) async throws -> Response {
        guard let principal = visit.principal else { throw SignedOut() }
        let content = AccountContent(session: AccountFacts(principal, try await self.api.store.now(), visit))
        return try await self.page(content, visit, title: "Account")
    }

    private func signOut(_ visit: PageRequest) async throws -> Response {
        _ = try await Form(of: visit)
        try await visit.administration(of: self.api).signOut(visit.session)
        return self.signedOutResponse(visit)
    }

    /// Ends every session that was started with the same credential.
    private func signOutEverywhere(_ visit: PageRequest) async throws -> Response {
        _ = try await Form(of: visit)
        guard let principal = visit.principal else { throw SignedOut() }
        try await visit.administration(of: self.api).signOutEverywhere(credential: principal.credential)
        return self.signedOutResponse(visit)
    }

    private func signedOutResponse(_ visit: PageRequest) -> Response {
        var response = Response.seeOther(visit.href("/sign-in"))
        response.headers[.setCookie] = SessionCookie.cleared
        return response
    }
}

struct AccountContent: PageContent {
    static let template = "account"

    var session: AccountFacts
}

/// The signed-in user, and the end of the session.
struct AccountFacts {
    var name: String
    var role: String
    var since: TimeView
    var ends: TimeView?
    var from: String

    init(_ principal: Principal, _ now: Timestamp, _ visit: PageRequest) {
        self.name = principal.name
        self.role = principal.role.rawValue
        // A caller who sends a token with each request is signed in since this one.
        self.since = TimeView(visit.session?.createdAt ?? now, now: now)
        self.ends = TimeView(visit.session?.expiresAt ?? principal.expiresAt, now: now)
        self.from = visit.call.client.address ?? "unknown address"
    }
}
