import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    var accountRoutes: [PageRoute] {
        [
            .get("/account") { request in try await self.accountPage(request) },
            .post("/sign-out", .view) { request in try await self.signOut(request) },
            .post("/sign-out-everywhere", .view) { request in try await self.signOutEverywhere(request) },
        ]
    }

    private func accountPage(_ request: PageRequest) async throws -> Response {
        guard let principal = request.principal else { throw SignedOut() }
        let content = AccountContent(session: AccountSummary(principal, try await self.api.store.now(), request))
        return try await self.page(content, request, title: "Account")
    }

    private func signOut(_ request: PageRequest) async throws -> Response {
        _ = try await Form(of: request)
        try await request.administration(of: self.api).signOut(request.session)
        return self.signedOutResponse(request)
    }

    /// Ends every session that was started with the same credential.
    private func signOutEverywhere(_ request: PageRequest) async throws -> Response {
        _ = try await Form(of: request)
        guard let principal = request.principal else { throw SignedOut() }
        try await request.administration(of: self.api).signOutEverywhere(credential: principal.credential)
        return self.signedOutResponse(request)
    }

    private func signedOutResponse(_ request: PageRequest) -> Response {
        var response = Response.seeOther(request.href("/sign-in"))
        response.headers[.setCookie] = SessionCookie.cleared
        return response
    }
}

struct AccountContent: PageContent {
    static let template = "account"

    var session: AccountSummary
}

/// The signed-in user, and the end of the session.
struct AccountSummary {
    var name: String
    var role: String
    var since: TimeView
    var ends: TimeView?
    var from: String

    init(_ principal: Principal, _ now: Timestamp, _ request: PageRequest) {
        self.name = principal.name
        self.role = principal.role.rawValue
        // A caller who sends a token with each request is signed in since this one.
        self.since = TimeView(request.session?.createdAt ?? now, now: now)
        self.ends = TimeView(request.session?.expiresAt ?? principal.expiresAt, now: now)
        self.from = request.call.client.address ?? "unknown address"
    }
}
