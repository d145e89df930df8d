import Foundation
package import Unstick

extension WebhookEndpoint {
    /// The visible part of the URL: all of it for an admin, because some services put a secret into the path.
    package func url(for principal: Principal?) -> String {
        principal?.role.has(.administer) == true ? self.url : self.urlWithoutPath
    }

    /// Scheme, host and port.
    private var urlWithoutPath: String {
        guard let parts = URLComponents(string: self.url), let scheme = parts.scheme, let host = parts.host else {
            return "…"
        }
        let port = parts.port.map { ":\($0)" } ?? ""
        return "\(scheme)://\(host)\(port)/…"
    }
}
