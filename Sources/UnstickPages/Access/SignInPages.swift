import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Unstick
import UnstickServer

extension AdminPages {
    var signInRoutes: [PageRoute] {
        [
            .open(.get, "/sign-in") { request in try await self.signInPage(request) },
            .open(.post, "/sign-in") { request in try await self.signIn(request) },
        ]
    }

    private func signInPage(_ request: PageRequest) async throws -> Response {
        let query = request.call.request.uri.queryParameters
        let request = try await self.recognised(request)
        let next = self.place(query.get("next"), request)
        if request.principal != nil, query.get("began") != nil { return .seeOther(next) }
        // The form was accepted, but the next request has no cookie.
        return self.signInForm(request, SignInContent(next: next, cookieMissing: query.get("began") != nil))
    }

    private func signInForm(
        _ request: PageRequest,
        _ content: SignInContent,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        var request = request
        request.principal = nil
        let frame = PageFrame(content, request, title: "Sign in", assetVersion: self.assets.version)
        return self.rendered(frame, status: status)
    }

    /// Where the user wanted to go: a path of the admin UI, and nothing else that a link could contain.
    private func place(_ next: String?, _ request: PageRequest) -> String {
        let home = request.href("")
        guard let next, next == home || next.hasPrefix(home + "/") || next.hasPrefix(home + "?"),
            !next.contains("\\"), !next.contains("//"), !Self.climbs(next), next.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
            !next.hasPrefix(request.href("/sign-in")), !next.hasPrefix(request.href("/live"))
        else { return home }
        return next
    }

    /// Whether a path has a segment that leaves the admin UI, also in the forms that browsers treat as equal.
    private static func climbs(_ place: String) -> Bool {
        let path = place.prefix { $0 != "?" }.lowercased().replacing("%2e", with: ".")
        return path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    private func signIn(_ request: PageRequest) async throws -> Response {
        try FormOrigin.check(request.call)
        let form = try await Form(of: request)
        let next = self.place(form.text("next"), request)
        // Pasted text has white space around it, and no token has any.
        let token = (form.text("token") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        do {
            let principal = try await self.principal(showing: token)
            try await self.api.administration(by: Actor(principal, channel: .page, client: request.call.client))
                .note(.signIn)
            let cookie = try await self.beginSession(for: principal, request)
            var response = Response.seeOther(
                Link(request.href("/sign-in"), [("began", "1"), ("next", next)]).href
            )
            response.headers[.setCookie] = cookie
            return response
        } catch let refusal as SignInRefusal {
            let standing = try await self.record(refusal, StoredTokens.id(of: token), request)
            guard let wait = standing.wait else {
                return self.signInForm(
                    request,
                    SignInContent(next: next, error: refusal.message),
                    status: .unauthorized
                )
            }
            let reason =
                "Too many sign-ins from your address were refused. Wait \(wait.text), or sign in with a valid key."
            let content = SignInContent(next: next, error: reason)
            var response = self.signInForm(request, content, status: .tooManyRequests)
            response.headers[.retryAfter] = String(wait.wholeSeconds)
            return response
        }
    }

    /// The caller with this token, if they may use the admin UI.
    private func principal(showing token: String) async throws -> Principal {
        let principal: Principal?
        do {
            principal = try await self.api.principal(bearer: token)
        } catch let problem as Problem where problem.status == .forbidden {
            throw SignInRefusal(message: problem.detail)
        }
        guard let principal else {
            throw SignInRefusal(
                message:
                    "This key is unknown or revoked. Check that you copied all of it, or ask an admin for a new one."
            )
        }
        guard principal.role.has(.view) else {
            throw SignInRefusal(
                message:
                    "The role '\(principal.role.rawValue)' is for programs. The admin UI needs viewer, operator or admin."
            )
        }
        return principal
    }

    /// Counts a refused sign-in, and logs it where that is due, so that strangers do not fill the log.
    private func record(
        _ refusal: SignInRefusal,
        _ tokenID: String?,
        _ request: PageRequest
    ) async throws -> Refusals.Standing {
        let client = request.call.client
        let standing = self.api.refuse(client, .signIn)
        guard let notice = standing.notice else { return standing }
        let name = try await tokenID.asyncMap { try await self.api.store.accessToken($0)?.name } ?? nil
        let actor = Actor(name: name ?? "unknown", channel: .page, address: client.address)
        try await self.api.administration(by: actor)
            .note(.signInRefused, detail: notice.description, outcome: "refused: \(refusal.message)")
        return standing
    }
}

struct SignInContent: PageContent {
    static let template = "sign-in"

    /// The page to show after the sign-in.
    var next: String
    var error: String?
    var cookieMissing = false
}

extension Refusals.Notice {
    /// How many refusals it represents; `nil` for itself alone.
    fileprivate var description: String? {
        let parts = [
            self.refused > 1 ? "\(self.refused) from this address within a minute" : nil,
            self.unreported > 0 ? "\(self.unreported) refusals before it are not listed" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

/// Why a sign-in is refused.
private struct SignInRefusal: Error {
    let message: String
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async throws -> Value? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
