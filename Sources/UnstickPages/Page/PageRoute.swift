import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

/// One operation of the admin UI: its path, its access and its handler.
struct PageRoute: Sendable {
    var method: HTTPRequest.Method
    /// With parameters in braces.
    var path: String
    var access: Route.Access
    var handle: @Sendable (PageRequest) async throws -> Response

    /// A view for callers with the right to view.
    static func get(
        _ path: String,
        _ right: Role.Right = .view,
        _ handle: @escaping @Sendable (PageRequest) async throws -> Response
    ) -> PageRoute {
        PageRoute(method: .get, path: "/admin" + path, access: .right([right]), handle: handle)
    }

    /// A change for callers with this right.
    static func post(
        _ path: String,
        _ right: Role.Right,
        _ handle: @escaping @Sendable (PageRequest) async throws -> Response
    ) -> PageRoute {
        PageRoute(method: .post, path: "/admin" + path, access: .right([right]), handle: handle)
    }

    /// A page for any caller.
    static func open(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ handle: @escaping @Sendable (PageRequest) async throws -> Response
    ) -> PageRoute {
        PageRoute(method: method, path: "/admin" + path, access: .open, handle: handle)
    }
}
