import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

/// One thing that the page answers: where, to whom, and how.
struct PageRoute: Sendable {
    var method: HTTPRequest.Method
    /// With parameters in braces.
    var path: String
    var access: Route.Access
    var handle: @Sendable (PageRequest) async throws -> Response

    /// A view, for whoever may see.
    static func get(
        _ path: String,
        _ right: Role.Right = .view,
        _ handle: @escaping @Sendable (PageRequest) async throws -> Response
    ) -> PageRoute {
        PageRoute(method: .get, path: "/admin" + path, access: .right([right]), handle: handle)
    }

    /// A change, for whoever has this right.
    static func post(
        _ path: String,
        _ right: Role.Right,
        _ handle: @escaping @Sendable (PageRequest) async throws -> Response
    ) -> PageRoute {
        PageRoute(method: .post, path: "/admin" + path, access: .right([right]), handle: handle)
    }

    /// What anybody may ask for.
    static func open(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ handle: @escaping @Sendable (PageRequest) async throws -> Response
    ) -> PageRoute {
        PageRoute(method: method, path: "/admin" + path, access: .open, handle: handle)
    }
}
