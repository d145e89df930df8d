import HTTPTypes
import Hummingbird
import UnstickServer

/// The cookie of a session, and the cookies of a request.
enum SessionCookie {
    /// The prefix makes browsers accept it only from this host, over TLS or on the machine itself, for all paths.
    static let name = "__Host-unstick"

    /// A cookie of a request; `nil` where there is none, or several of the name.
    static func value(of name: String, in request: Request) -> String? {
        let pairs = request.headers[values: .cookie].joined(separator: ";").split(separator: ";")
        let values = pairs.compactMap { pair -> String? in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { return nil }
            return String(parts[1])
        }
        return values.count == 1 ? values[0] : nil
    }

    /// Sets the cookie.
    static func set(_ secret: String) -> String { "\(Self.name)=\(secret); \(Self.attributes)" }

    /// Removes the cookie.
    static let cleared = "\(name)=; Max-Age=0; \(attributes)"

    private static let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict"
}

/// Binds forms to a browser that an app's cookie signs in: the app renews that cookie while a form is open.
enum FormCookie {
    static let name = "__Host-unstick-form"

    /// The secret of a request; `nil` where a new one is needed.
    static func secret(in request: Request) -> String? {
        SessionCookie.value(of: Self.name, in: request).flatMap { (1...200).contains($0.utf8.count) ? $0 : nil }
    }

    /// Sets the cookie.
    ///
    /// It is sent when a page of the app links here: a new one would break open forms.
    static func set(_ secret: String) -> String { "\(Self.name)=\(secret); Path=/; Secure; HttpOnly; SameSite=Lax" }
}
