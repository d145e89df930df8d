import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of runs on one page.
    private static let rows = 50

    /// The views of runs.
    var runRoutes: [PageRoute] {
        [
            .get("/runs") { request in try await self.runsPage(request) },
            .get("/runs/{id}") { request in try await self.runPage(request) },
        ]
    }

    private func runsPage(_ request: PageRequest) async throws -> Response {
        let query = try ViewQuery(request)
        let selection = try RunSelection(query)
        let cursor = try query.cursor()
        let page = try await self.api.store.page(selection.filter, cursor: cursor, limit: Self.rows)
        let now = try await self.api.store.now()
        let path = request.href("/runs")
        let link = selection.link(path)
        let content = RunsContent(
            triggerOptions: selection.triggerOptions,
            statusOptions: selection.statusOptions,
            clearHref: selection.isEmpty ? nil : path,
            rows: page.runs.map { RunRow($0, now, request) },
            empty: self.note(on: page, selection, now),
            firstHref: cursor == nil ? nil : link.href,
            nextHref: page.nextCursor.map { link.with("cursor", $0).href }
        )
        return try await self.page(content, request, title: "Runs", live: cursor == nil ? .overview : nil)
    }

    /// Why the list is empty, or ends before it is full.
    private func note(on page: RunPage, _ selection: RunSelection, _ now: Timestamp) -> String? {
        if let backTo = page.lookedBackTo {
            let found = page.runs.isEmpty ? "No run matches" : "These runs match"
            return "\(found) among the runs since \(backTo.utc). The next page searches further back."
        }
        guard page.runs.isEmpty else { return nil }
        guard selection.isEmpty else { return "No run matches this filter." }
        guard let next = self.configuration.nextRun?(now) else { return "No runs yet." }
        return "No runs yet; the first is due \(next.ago(now))."
    }
}

struct RunsContent: PageContent {
    static let template = "runs"

    var triggerOptions: [Choice]
    var statusOptions: [Choice]
    var clearHref: String?
    var rows: [RunRow]
    var empty: String?
    var firstHref: String?
    var nextHref: String?
}

extension ViewQuery {
    /// The end of the page before this one.
    func cursor() throws -> String? {
        guard let cursor = self.text("cursor") else { return nil }
        try Limits.checkID(cursor, "cursor")
        return cursor
    }
}

/// A run in a list.
struct RunRow {
    var run: Ref
    var started: TimeView
    var trigger: String
    var status: Badge
    var found: String
    var cleaned: String
    var retried: String
    var failed: String
    var tokens: String
    var took: String?

    init(_ run: Run, _ now: Timestamp, _ request: PageRequest) {
        self.run = .run(run.id, request)
        self.started = TimeView(run.startedAt, now: now)
        self.trigger = run.trigger.description
        self.status = Badge(run)
        self.found = run.totalFound.grouped
        self.cleaned = run.cleanedUp.grouped
        self.retried = run.retried.grouped
        self.failed = run.failed.grouped
        self.tokens = run.dryRun ? "would refund \(run.tokensOwed.grouped)" : run.tokensRefunded.grouped
        self.took = run.duration?.text
    }
}
