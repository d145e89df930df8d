import Hummingbird
import Unstick
import UnstickServer

/// One request for a page, with who makes it and how they showed who they are.
struct PageRequest: Sendable {
    var call: Call
    /// The path of the view, with its parameters in braces.
    var view = ""
    /// Who it is; `nil` where nobody is signed in.
    var principal: Principal?
    /// The session that they are in; `nil` for those who showed a token with the request.
    var session: Session?
    /// What a form must send back; `nil` where no other page could send a form in somebody's name.
    var formToken: String?
    /// The cookie that the answer sets.
    var cookie: String?

    /// What stands before every path.
    var base: String { self.call.client.prefix }

    /// A path of the page as the browser sees it.
    func href(_ path: String) -> String { self.base + "/admin" + path }

    /// Whether an open page asks by itself: for changes, or for itself again once something changed.
    ///
    /// Such a request shows nothing of who sits there, so it keeps no session alive.
    var isByItself: Bool {
        self.view == AdminPages.livePath || self.call.request.headers[.live] != nil
    }

    func may(_ right: Role.Right) -> Bool { self.principal?.role.has(right) ?? false }

    /// Who does what the request asks for.
    private var actor: Actor {
        get throws {
            guard let principal = self.principal else { throw SignedOut() }
            return Actor(principal, door: .page, client: self.call.client)
        }
    }

    /// What the user can do as an administrator.
    func administration(of api: UnstickAPI) throws -> Administration { api.administration(by: try self.actor) }
}

/// Nobody is signed in who could do this.
struct SignedOut: Error {}
