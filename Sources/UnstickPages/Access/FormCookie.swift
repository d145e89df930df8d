import Hummingbird
import UnstickServer

/// What binds forms to the browser of somebody whom their app's cookie signs in: the app renews that one while a form is open.
enum FormCookie {
    static let name = "__Host-unstick-form"

    /// The secret that came with a request; `nil` where it is to be drawn.
    static func secret(in request: Request) -> String? {
        SessionCookie.value(of: Self.name, in: request).flatMap { (1...200).contains($0.utf8.count) ? $0 : nil }
    }

    /// Sets the cookie.
    ///
    /// It comes along when a page of the app leads here: a new one would make open forms useless.
    static func set(_ secret: String) -> String { "\(Self.name)=\(secret); Path=/; Secure; HttpOnly; SameSite=Lax" }
}
