import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of jobs on one page.
    private static let rows = 50

    var jobRoutes: [PageRoute] {
        [
            .get("/jobs") { request in try await self.jobsPage(request) },
            .get("/jobs/{id}") { request in try await self.jobPage(request) },
            .post("/jobs/{id}/retry", .operate) { request in try await self.change(request, .retry) },
            .post("/jobs/{id}/fail", .operate) { request in try await self.change(request, .fail) },
            .post("/jobs/{id}/cancel", .operate) { request in try await self.change(request, .cancel) },
        ]
    }

    private func jobsPage(_ request: PageRequest) async throws -> Response {
        let query = try ViewQuery(request)
        let now = try await self.api.store.now()
        let form = try JobFilterForm(query.text, now: now)
        if form.parameters.count == 1, let id = form.filter.idPrefix, try await self.api.store.job(id) != nil {
            return .seeOther(request.href("/jobs/" + id.pathEncoded))
        }
        let cursor = query.text("cursor")
        let filter = try await self.resolved(form, cursor: cursor)
        let page = try await self.api.store.page(filter, cursor: cursor, limit: Self.rows)
        let policy = self.api.configuration.policy.current
        let path = request.href("/jobs")
        let isFiltered = !form.parameters.isEmpty
        let further = page.nextCursor.map { form.link(path).with("cursor", $0).href }
        let looked = page.lookedBackTo.flatMap { backTo in
            further.map { href in
                LookedBack(
                    count: Limits.window.grouped,
                    backTo: TimeView(backTo, now: now),
                    matches: page.jobs.count.grouped,
                    href: href
                )
            }
        }
        let content = JobsContent(
            filter: form.fields,
            statusOptions: Choice.list(
                JobStatus.allCases.map { ($0.rawValue, Badge($0).word) },
                selected: form.status?.rawValue,
                all: "Any status"
            ),
            kindOptions: Choice.list(
                try await self.knownKinds(form.filter.kind).map { ($0, $0) },
                selected: form.filter.kind,
                all: "All kinds"
            ),
            clearHref: isFiltered ? path : nil,
            chips: form.chips(path),
            bulk: request.may(.operate) && !page.jobs.isEmpty ? BulkBar(form, request) : nil,
            rows: page.jobs.map { JobRow($0, policy, now, request) },
            empty: page.jobs.isEmpty && page.nextCursor == nil ? Self.emptiness(isFiltered: isFiltered) : nil,
            looked: looked,
            firstHref: cursor == nil ? nil : form.link(path).href,
            nextHref: looked == nil ? further : nil
        )
        return try await self.page(content, request, title: "Jobs", live: cursor == nil ? .overview : nil)
    }

    private static func emptiness(isFiltered: Bool) -> String {
        isFiltered ? "No job matches this filter." : "There are no jobs yet. POST /api/jobs creates one."
    }

    /// The filter with the kinds and tiers that its rule applies to, among those in the window.
    func resolved(_ form: JobFilterForm, cursor: String? = nil) async throws -> JobFilter {
        guard let rule = form.rule else { return form.filter }
        let policy = self.api.configuration.policy.current
        guard policy.allRules.contains(where: { $0.name == rule }) else {
            let names = policy.allRules.map(\.name).joined(separator: ", ")
            throw Problem.badRequest("The policy has no rule '\(rule.cut(toBytes: 100))'; it has \(names).")
        }
        var filter = form.filter
        filter.kinds = try await self.api.store.kinds(filter, cursor: cursor)
            .filter { policy.rule(kind: $0.kind, tier: $0.tier).name == rule }
        return filter
    }

    /// The kinds of all jobs, and the selected one.
    private func knownKinds(_ selected: String?) async throws -> [String] {
        let kinds = try await self.api.store.knownKinds()
        return (kinds + [selected].compactMap { $0 }).distinct
    }

    private func change(_ request: PageRequest, _ kind: BulkAction.Kind) async throws -> Response {
        let form = try await Form(of: request)
        let id = try request.call.path("id")
        let outcome = try await self.api.change(
            id,
            kind,
            reason: form.text("reason"),
            by: request.administration(of: self.api)
        )
        let did: String
        switch (outcome, kind) {
        case (.missing, _): throw Problem.notFound("There is no job '\(id.cut(toBytes: Limits.idBytes))'.")
        case (.refused, _): did = "refused"
        case (.moved, .retry): did = "retried"
        case (.moved, .fail): did = "failed"
        case (.moved, .cancel): did = "cancelled"
        }
        return .seeOther(Link(request.href("/jobs/" + id.pathEncoded), [("did", did)]).href)
    }
}

struct JobsContent: PageContent {
    static let template = "jobs"

    var filter: JobFilterForm.Fields
    var statusOptions: [Choice]
    var kindOptions: [Choice]
    var clearHref: String?
    var chips: [Chip]
    var bulk: BulkBar?
    var rows: [JobRow]
    var empty: String?
    var looked: LookedBack?
    var firstHref: String?
    var nextHref: String?
}

/// How far back the query searched for matching jobs.
struct LookedBack {
    var count: String
    var backTo: TimeView
    var matches: String
    var href: String
}

/// The actions for all matching jobs.
struct BulkBar {
    struct Action {
        var label: String
        var href: String
    }

    var sentence: String
    var actions: [Action]

    init(_ form: JobFilterForm, _ request: PageRequest) {
        self.sentence = "For all \(form.description), not only the jobs on this page:"
        self.actions = BulkAction.Kind.allCases.filter { kind in
            // Of two statuses that an action applies to, one must be selected first.
            form.status.map { kind.statuses.contains($0) } ?? (kind.statuses.count == 1)
        }.map { kind in
            Action(
                label: "\(kind.verb) all …",
                href: form.link(request.href("/bulk/new")).with("action", kind.rawValue).href
            )
        }
    }
}

extension BulkAction.Kind {
    var verb: String { self.rawValue.prefix(1).uppercased() + self.rawValue.dropFirst() }
}
