import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// A page with what stands on each of them.
    ///
    /// - Parameters:
    ///   - template: its template.
    ///   - visit: whom it is for.
    ///   - title: what it is called.
    ///   - content: what the template shows.
    ///   - live: what is watched while it is open; `nil` for nothing.
    func page(
        _ template: String,
        _ visit: Visit,
        title: String,
        _ content: [String: Any],
        live topic: LiveTopic? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        var content = content
        if let topic { content["live"] = visit.href("/live") + "?watch=" + topic.description.queryEncoded }
        if content["notice"] == nil { content["notice"] = Notice(of: visit) }
        return try self.rendered(
            template,
            visit,
            title: title,
            content,
            pause: try await self.api.store.currentPause(),
            status: status
        )
    }

    func rendered(
        _ template: String,
        _ visit: Visit,
        title: String,
        _ content: [String: Any],
        pause: Pause?,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        var page: [String: Any] = [
            "base": visit.base,
            "assetVersion": self.assets.version,
            "version": UnstickVersion.current,
            "title": title,
        ]
        if let principal = visit.principal {
            page["nav"] = Navigation.items(for: visit)
            page["user"] = ["name": principal.name, "role": principal.role.rawValue]
        }
        page["csrf"] = visit.formToken
        if let pause {
            page["paused"] = ["until": Moment(pause.until, now: .machine), "by": pause.by] as [String: Any]
        }
        let html = self.templates.render(template, page.merging(content) { $1 })
        return Response(
            status: status,
            headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html))
        )
    }
}

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
