import HTTPTypes
import Hummingbird
import Logging
import Unstick
import UnstickServer

extension AdminPages {
    var signInRoutes: [PageRoute] {
        [
            .open(.get, "/sign-in") { visit in try await self.signInPage(visit) },
            .open(.post, "/sign-in") { visit in try await self.signIn(visit) },
        ]
    }

    private func signInPage(_ visit: Visit) async throws -> Response {
        let query = visit.call.request.uri.queryParameters
        let visit = try await self.recognised(visit)
        let next = self.place(query.get("next"), visit)
        if visit.principal != nil, query.get("began") != nil { return .seeOther(next) }
        // The form was taken, and no cookie came back with the next request.
        return try self.signInForm(visit, next: next, ["cookieMissing": query.get("began") != nil])
    }

    private func signInForm(
        _ visit: Visit,
        next: String,
        _ content: [String: Any],
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        var visit = visit
        visit.principal = nil
        return try self.rendered(
            "sign-in",
            visit,
            title: "Sign in",
            content.merging(["next": next]) { $1 },
            pause: nil,
            status: status
        )
    }

    /// Where somebody wanted to go: a path of the page, and nothing else that a link could name.
    private func place(_ next: String?, _ visit: Visit) -> String {
        let home = visit.href("")
        guard let next, next == home || next.hasPrefix(home + "/") || next.hasPrefix(home + "?"),
            !next.contains("\\"), !next.contains("//"), !Self.climbs(next), next.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
            !next.hasPrefix(visit.href("/sign-in")), !next.hasPrefix(visit.href("/live"))
        else { return home }
        return next
    }

    /// Whether a path has a segment that leads out of it, also in the form that browsers take for the same.
    private static func climbs(_ place: String) -> Bool {
        let path = place.prefix { $0 != "?" }.lowercased().replacing("%2e", with: ".")
        return path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    private func signIn(_ visit: Visit) async throws -> Response {
        try FormOrigin.check(visit.call)
        let form = try await Form(of: visit)
        let next = self.place(form.text("next"), visit)
        let token = form.text("token") ?? ""
        let tokenID = StoredTokens.id(of: token)
        let keys = [
            visit.call.client.address.map { "address \($0)" }, tokenID.map { "token \($0)" },
        ].compactMap { $0 }
        if let wait = self.attempts.wait(for: keys) {
            let reason = "Too many sign-ins were refused. Wait \(wait.text) and try again."
            var response = try self.signInForm(visit, next: next, ["error": reason], status: .tooManyRequests)
            response.headers[.retryAfter] = String(max(1, wait.inMilliseconds / 1000))
            return response
        }
        do {
            let principal = try await self.principal(showing: token)
            try await self.api.store.note(
                Actor(principal: principal, door: .page, address: visit.call.client.address).act(.signIn)
            )
            let cookie = try await self.beginSession(for: principal, visit)
            var response = Response.seeOther(
                Link(visit.href("/sign-in"), [("began", "1"), ("next", next)]).href
            )
            response.headers[.setCookie] = cookie
            return response
        } catch let refusal as SignInRefusal {
            self.attempts.refused(keys)
            try await self.record(refusal, tokenID, visit)
            return try self.signInForm(visit, next: next, ["error": refusal.message], status: .unauthorized)
        }
    }

    /// Who shows this token, if they may see the page.
    private func principal(showing token: String) async throws -> Principal {
        let principal: Principal?
        do {
            principal = try await self.api.principal(bearer: token)
        } catch let problem as Problem where problem.status == .forbidden {
            throw SignInRefusal(message: problem.detail)
        }
        guard let principal else {
            throw SignInRefusal(
                message: "This token is not known, or was withdrawn. Check that you copied all of it, or have one made."
            )
        }
        guard principal.role.has(.view) else {
            throw SignInRefusal(
                message:
                    "A token of role '\(principal.role.rawValue)' is for programs. The page takes viewer, operator or admin."
            )
        }
        return principal
    }

    private func record(_ refusal: SignInRefusal, _ tokenID: String?, _ visit: Visit) async throws {
        let address = visit.call.client.address
        let name = try await tokenID.asyncMap { try await self.api.store.accessToken($0)?.name } ?? nil
        self.logger.notice(
            "Sign-in refused",
            metadata: ["address": "\(address ?? "unknown")", "token": "\(name ?? "unknown")"]
        )
        try await self.api.store.note(
            AuditAct(who: name ?? "unknown", role: nil, door: .page, address: address, action: .signInRefused),
            outcome: "refused: \(refusal.message)"
        )
    }
}

/// Why somebody is not let in.
private struct SignInRefusal: Error {
    let message: String
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async throws -> Value? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
