import HTTPTypes
import Hummingbird
import UnstickServer

/// Whether a form comes from one of our pages.
///
/// Browsers report it: in `Sec-Fetch-Site`, and older ones in `Origin`. The form's own token is checked as well; see
/// ``Form``.
enum FormOrigin {
    static func check(_ call: Call) throws {
        let headers = call.request.headers
        if let site = headers[.secFetchSite] {
            guard site == "same-origin" else { throw Self.refusal }
            return
        }
        guard let origin = headers[.origin] else { return }
        guard let host = call.client.host, let sender = origin.split(separator: "/").last,
            origin.contains("://"), sender.lowercased() == host.lowercased()
        else { throw Self.refusal }
    }

    static var refusal: Problem {
        Problem(
            status: .forbidden,
            code: "foreign_form",
            detail:
                "This form did not come from a page of this server, so nothing was changed. Open the page again and repeat "
                + "it there. Behind a proxy, see TRUSTED_PROXIES."
        )
    }
}

extension HTTPField.Name {
    // A constant of the right form.
    fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .via
}
