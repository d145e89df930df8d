import Hummingbird
import Unstick
import UnstickServer

/// One request for a page, with its caller and their credential.
struct PageRequest: Sendable {
    var call: Call
    /// The path of the view, with its parameters in braces.
    var view = ""
    /// The user; `nil` where no user is signed in.
    var principal: Principal?
    /// The user's session; `nil` for a caller who sent a token with the request.
    var session: Session?
    /// What a form must send back; `nil` where no other site could send a form for the user.
    var formToken: String?
    /// The cookie that the answer sets.
    var cookie: String?

    /// The prefix of every path.
    var base: String { self.call.client.prefix }

    /// A path of the page as the browser sees it.
    func href(_ path: String) -> String { self.base + "/admin" + path }

    /// Whether an open page sent the request by itself: for changes, or to reload after one.
    ///
    /// Such a request is no activity of the user, so it does not extend a session.
    var isByItself: Bool {
        self.view == AdminPages.livePath || self.call.request.headers[.live] != nil
    }

    func may(_ right: Role.Right) -> Bool { self.principal?.role.has(right) ?? false }

    /// The actor of the request.
    private var actor: Actor {
        get throws {
            guard let principal = self.principal else { throw SignedOut() }
            return Actor(principal, channel: .page, client: self.call.client)
        }
    }

    /// The actions of the user as an administrator.
    func administration(of api: UnstickAPI) throws -> Administration { api.administration(by: try self.actor) }
}

/// No user is signed in.
struct SignedOut: Error {}
