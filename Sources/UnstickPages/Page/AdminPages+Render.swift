import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// Renders a page for a signed-in user.
    ///
    /// - Parameters:
    ///   - content: the content of the page's template.
    ///   - title: the title of the page.
    ///   - notice: the result of the request; by default the one in the address.
    ///   - topic: the data that the open page watches; `nil` for none.
    func page(
        _ content: some PageContent,
        _ request: PageRequest,
        title: String,
        notice: Notice? = nil,
        live topic: LiveTopic? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        var frame = PageFrame(content, request, title: title, assetVersion: self.assets.version)
        frame.live = topic.map { request.href("/live") + "?watch=" + $0.description.queryEncoded }
        frame.notice = notice ?? Notice(of: request)
        frame.paused = try await self.api.store.currentPause().map {
            PausedLine(until: TimeView($0.until, now: .machine), by: $0.by)
        }
        return self.rendered(frame, status: status)
    }

    func rendered(_ frame: PageFrame<some PageContent>, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: self.templates.render(frame)))
        )
    }
}

/// The links at the top of each page.
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

    static func items(for request: PageRequest) -> [Item] {
        let here = request.view.dropFirst("/admin".count)
        let views = Self.views + (request.may(.administer) ? [("/tokens", "API keys")] : [])
        return views.map { path, label in
            let isCurrent = path.isEmpty ? here.isEmpty : here.hasPrefix(path)
            return Item(href: request.href(path), label: label, current: isCurrent)
        }
    }
}
