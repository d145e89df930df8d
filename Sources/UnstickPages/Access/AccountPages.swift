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

    private func accountPage(_ visit: Visit) async throws -> Response {
        guard let principal = visit.principal else { throw SignedOut() }
        let facts = AccountFacts(principal, try await self.api.store.now(), visit)
        return try await self.page("account", visit, title: "Account", ["session": facts])
    }

    private func signOut(_ visit: Visit) async throws -> Response {
        _ = try await Form(of: visit)
        let store = self.api.store
        if let session = visit.session { try await store.endSession(session.digest) }
        try await store.note(visit.actor.act(.signOut))
        return self.signedOutResponse(visit)
    }

    /// Ends every session that was begun with the same credential.
    private func signOutEverywhere(_ visit: Visit) async throws -> Response {
        _ = try await Form(of: visit)
        let actor = try visit.actor
        let store = self.api.store
        let act = actor.act(.signOut, detail: "everywhere")
        _ = try await store.audited(act, outcome: Self.ended) {
            try await store.endSessions(of: actor.principal.name, credential: actor.principal.credential)
        }
        return self.signedOutResponse(visit)
    }

    private static func ended(_ sessions: Int) -> String { sessions.of("session") + " ended" }

    private func signedOutResponse(_ visit: Visit) -> Response {
        var response = Response.seeOther(visit.href("/sign-in"))
        response.headers[.setCookie] = SessionCookie.cleared
        return response
    }
}

/// Who somebody is on the page, and for how long.
struct AccountFacts {
    var name: String
    var role: String
    var since: Moment
    var ends: Moment?
    var from: String

    init(_ principal: Principal, _ now: Timestamp, _ visit: Visit) {
        self.name = principal.name
        self.role = principal.role.rawValue
        // Whoever shows a token with each request is in since this one.
        self.since = Moment(visit.session?.createdAt ?? now, now: now)
        self.ends = Moment(visit.session?.expiresAt ?? principal.expiresAt, now: now)
        self.from = visit.call.client.address ?? "unknown address"
    }
}
