import HTTPTypes
import Hummingbird
import Logging
import Unstick
import UnstickServer

extension AdminPages {
    /// Answers a request: authentication, rights, the origin of the form, and then the page.
    func answer(_ call: Call, by route: PageRoute) async throws -> Response {
        var request = PageRequest(call: call, view: route.path)
        do {
            guard try await self.isOpen else {
                throw Problem.notFound("This path does not exist. /openapi.json lists the paths.")
            }
            request = try await self.admitted(request, to: route)
            var response = try await route.handle(request)
            if let cookie = request.cookie { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
            if route.method != .get { await self.overview.forget() }
            return PageHeaders.added(to: response)
        } catch is SignedOut {
            return PageHeaders.added(to: self.signedOut(request))
        } catch let problem as Problem {
            return self.errorPage(problem, for: request)
        } catch let error as UnstickError {
            let problem = Problem(error)
            // An error of the user is not logged, because a mistyped field may be a secret.
            let isOurs = problem.status.code >= 500
            self.logger.log(
                level: isOurs ? .error : .debug,
                "Page failed",
                metadata: [
                    "route": "\(route.method.rawValue) \(route.path)",
                    "reason": "\(isOurs ? error.description : error.code.rawValue)",
                ]
            )
            return self.errorPage(problem, for: request)
        }
    }

    /// The request with its caller.
    ///
    /// - Throws: `SignedOut`, or the refusal.
    private func admitted(_ request: PageRequest, to route: PageRoute) async throws -> PageRequest {
        guard case .right(let needed) = route.access else { return request }
        let request = try await self.recognised(request)
        let client = request.call.client
        guard let principal = request.principal else {
            guard request.call.showsCredential else { throw SignedOut() }
            throw self.api.refusal(of: client, .credential, otherwise: SignedOut())
        }
        guard needed.contains(where: { principal.role.has($0) }) else {
            throw self.api.refusal(
                of: client,
                .role,
                name: principal.name,
                otherwise: Problem.forbidden(to: principal.role, needed)
            )
        }
        if route.method != .get { try FormOrigin.check(request.call) }
        return request
    }

    /// A user who is not signed in is redirected to the sign-in; a script and a form receive an error.
    private func signedOut(_ request: PageRequest) -> Response {
        let head = request.call.request
        let isStream = head.headers[.accept]?.contains("text/event-stream") ?? false
        guard head.method == .get, head.headers[.live] == nil, !isStream else {
            let problem = Problem(
                status: .unauthorized,
                code: "signed_out",
                detail: "Your session has ended. Sign in again; nothing was changed."
            )
            return self.errorPage(problem, for: request)
        }
        return .seeOther(request.href("/sign-in") + "?next=" + head.uri.description.queryEncoded)
    }

    /// An error as a page.
    func errorPage(_ problem: Problem, for request: PageRequest) -> Response {
        let isLost = problem.status == .unauthorized
        let content = ErrorContent(
            status: "\(problem.status.code)",
            what: problem.detail,
            next: problem.status.code >= 500
                ? "No change was applied in part. Try again; the server's log has the cause." : nil,
            backHref: isLost ? request.href("/sign-in") : request.href(""),
            backText: isLost ? "Sign in" : "To the overview"
        )
        let title = problem.status.reasonPhrase
        let frame = PageFrame(content, request, title: title, assetVersion: self.assets.version)
        var response = self.rendered(frame, status: problem.status)
        if let seconds = problem.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return PageHeaders.added(to: response)
    }
}

struct ErrorContent: PageContent {
    static let template = "error"

    var status: String
    var what: String
    var why: [String] = []
    var next: String?
    var backHref: String
    var backText: String
}

extension HTTPField.Name {
    // A constant of the right form.
    static let live = HTTPField.Name("X-Live") ?? .via
}
