import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// How many entries stand on one page.
    private static let entries = 50

    /// The view of who did what.
    var auditRoutes: [PageRoute] {
        [.get("/audit") { visit in try await self.auditPage(visit) }]
    }

    private func auditPage(_ visit: Visit) async throws -> Response {
        let query = try ViewQuery(visit)
        let cursor = try query.cursor()
        let filter = AuditFilter(who: try query.who(), action: try query.word("action"))
        let page = try await self.api.store.auditEntries(filter, before: cursor, limit: Self.entries)
        let now = try await self.api.store.now()
        let path = visit.href("/audit")
        let link = Link(path, [("who", filter.who), ("action", filter.action?.rawValue)])
        var content: [String: Any] = [
            "filter": ["who": filter.who ?? ""],
            "actionOptions": Choice.list(
                AuditAction.allCases.map { ($0.rawValue, $0.rawValue) },
                selected: filter.action?.rawValue,
                all: "All actions"
            ),
            "rows": page.rows.map { AuditRow($0, now, visit) },
        ]
        content["empty"] = Self.note(on: page, isFiltered: filter != AuditFilter())
        content["nextHref"] = page.next.map { link.with("cursor", $0).href }
        if cursor != nil { content["firstHref"] = link.href }
        if filter != AuditFilter() { content["clearHref"] = path }
        return try await self.page("audit", visit, title: "Audit", content)
    }

    /// Why the list is empty, or ends before it is full.
    private static func note(on page: Window<AuditEntry, String>, isFiltered: Bool) -> String? {
        if let backTo = page.lookedBackTo {
            let found = page.rows.isEmpty ? "No entry matches" : "These entries match"
            return "\(found) among the entries since \(backTo.utc). The next page searches further back."
        }
        guard page.rows.isEmpty else { return nil }
        return isFiltered
            ? "No entry matches this filter. Names are compared exactly." : "There are no entries yet."
    }
}

extension ViewQuery {
    fileprivate func who() throws -> String? {
        guard let who = self.text("who") else { return nil }
        try Limits.checkID(who, "name")
        return who
    }
}
