import Foundation
import Unstick
import UnstickServer

/// The URL of a webhook as far as somebody may see it: some services put a secret into the path.
enum ShownURL {
    static func of(_ endpoint: WebhookEndpoint, _ visit: Visit) -> String {
        visit.may(.administer) ? endpoint.url : Self.withoutPath(endpoint.url)
    }

    /// Scheme, host and port.
    static func withoutPath(_ url: String) -> String {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host else {
            return "…"
        }
        let port = parts.port.map { ":\($0)" } ?? ""
        return "\(scheme)://\(host)\(port)/…"
    }
}
