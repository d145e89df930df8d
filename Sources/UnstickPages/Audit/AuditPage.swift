import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of entries on one page.
    private static let entries = 50

    /// The view of the audit log.
    var auditRoutes: [PageRoute] {
        [.get("/audit") { request in try await self.auditPage(request) }]
    }

    private func auditPage(_ request: PageRequest) async throws -> Response {
        let query = try ViewQuery(request)
        let cursor = try query.cursor()
        let filter = AuditFilter(who: try query.who(), action: try query.word("action"))
        let page = try await self.api.store.auditEntries(filter, before: cursor, limit: Self.entries)
        let now = try await self.api.store.now()
        let path = request.href("/audit")
        let link = Link(path, [("who", filter.who), ("action", filter.action?.rawValue)])
        let isFiltered = filter != AuditFilter()
        let content = AuditContent(
            filter: AuditFields(who: filter.who ?? ""),
            actionOptions: Choice.list(
                AuditAction.allCases.map { ($0.rawValue, $0.rawValue) },
                selected: filter.action?.rawValue,
                all: "All actions"
            ),
            clearHref: isFiltered ? path : nil,
            rows: page.rows.map { AuditRow($0, now, request) },
            empty: Self.note(on: page, isFiltered: isFiltered),
            firstHref: cursor == nil ? nil : link.href,
            nextHref: page.next.map { link.with("cursor", $0).href }
        )
        return try await self.page(content, request, title: "Audit")
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

struct AuditContent: PageContent {
    static let template = "audit"

    var filter: AuditFields
    var actionOptions: [Choice]
    var clearHref: String?
    var rows: [AuditRow]
    var empty: String?
    var firstHref: String?
    var nextHref: String?
}

/// The fields of the filter as they were entered.
struct AuditFields {
    var who: String
}

extension ViewQuery {
    fileprivate func who() throws -> String? {
        guard let who = self.text("who") else { return nil }
        try Limits.checkID(who, "name")
        return who
    }
}
