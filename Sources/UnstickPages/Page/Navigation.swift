import Unstick
import UnstickServer

/// The views that stand at the top of each page.
enum Navigation {
    struct Item {
        var href: String
        var label: String
        var current: Bool
    }

    private static let views = [
        ("", "Overview"), ("/stuck", "Stuck"), ("/jobs", "Jobs"), ("/users", "Users"), ("/runs", "Runs"),
        ("/policy", "Policy"), ("/webhooks", "Webhooks"), ("/audit", "Audit"),
    ]

    static func items(for visit: Visit) -> [Item] {
        let here = visit.view.dropFirst("/admin".count)
        let views = Self.views + (visit.may(.administer) ? [("/tokens", "API keys")] : [])
        return views.map { path, label in
            let isCurrent = path.isEmpty ? here.isEmpty : here.hasPrefix(path)
            return Item(href: visit.href(path), label: label, current: isCurrent)
        }
    }
}
