import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of jobs in the preview, and of actions on one page.
    private static let rows = 20

    var bulkRoutes: [PageRoute] {
        [
            .get("/bulk") { request in try await self.bulksPage(request) },
            .get("/bulk/new", .operate) { request in try await self.bulkPreview(request) },
            .get("/bulk/{id}") { request in try await self.bulkPage(request) },
            .post("/bulk", .operate) { request in try await self.startBulk(request) },
            .post("/bulk/{id}/stop", .operate) { request in try await self.stopBulk(request) },
        ]
    }

    private func bulkPreview(_ request: PageRequest) async throws -> Response {
        let query = try ViewQuery(request)
        guard let kind = try query.word("action", as: BulkAction.Kind.self) else {
            throw Problem.badRequest("Choose an action: retry, fail or cancel.")
        }
        let now = try await self.api.store.now()
        let form = try JobFilterForm(query.text, now: now)
        let filter = try await self.bulkFilter(form, kind, now)
        let count = try await self.api.store.count(filter)
        let first = try await self.api.store.page(filter, cursor: nil, limit: Self.rows).jobs
        let policy = self.api.configuration.policy.current
        let confirmation = Confirmation(kind.rawValue, jobs: count.jobs, tokens: count.tokens, always: true)
        let hidden = [HiddenField(name: "action", value: kind.rawValue)]
        let content = BulkPreviewContent(
            action: BulkPlan(kind, form, count),
            chips: form.chips(nil),
            count: count.description,
            tokensLabel: kind == .retry ? "Total cost; refunds are charged again" : "Total cost",
            tokens: count.tokens.grouped,
            confirmWord: count.jobs == 0 ? nil : confirmation.word,
            hidden: hidden + form.parameters.map { HiddenField(name: $0.name, value: $0.value) },
            jobsHref: form.link(request.href("/jobs")).href,
            rows: first.map { JobRow($0, policy, now, request) },
            rowsNote: count.jobs > first.count
                ? "The newest \(first.count.grouped) of \(count.description) jobs." : nil,
            empty: count.jobs == 0
                ? "There is no \(form.description.replacing("jobs", with: "job")) to \(kind.rawValue)." : nil
        )
        return try await self.page(content, request, title: "\(kind.verb) jobs")
    }

    /// The jobs of the filter that the action applies to, none of them newer than now.
    private func bulkFilter(_ form: JobFilterForm, _ kind: BulkAction.Kind, _ now: Timestamp) async throws -> JobFilter
    {
        var filter = try await self.resolved(form)
        filter.before = min(filter.before ?? now, now)
        if filter.status == nil, kind.statuses.count == 1 { filter.status = kind.statuses.first }
        let statuses = kind.statuses.map(\.rawValue).sorted().joined(separator: " or ")
        guard let status = filter.status else {
            throw Problem.badRequest(
                "Choose a status first: only jobs that are \(statuses) can be changed by \(kind.rawValue)."
            )
        }
        if !kind.statuses.contains(status) {
            throw Problem.badRequest(
                "\(kind.verb) works for jobs that are \(statuses), not for \(status.rawValue)."
            )
        }
        return filter
    }

    private func startBulk(_ request: PageRequest) async throws -> Response {
        let fields = try await Form(of: request)
        let kind = try fields.word(required: "action", as: BulkAction.Kind.self)
        let reason = fields.text("reason")
        guard (reason ?? "").utf8.count <= Limits.noteBytes else {
            throw Problem.badRequest("The reason must have at most \(Limits.noteBytes) bytes.", parameter: "reason")
        }
        let now = try await self.api.store.now()
        let form = try JobFilterForm(fields.text, now: now)
        let filter = try await self.bulkFilter(form, kind, now)
        let count = try await self.api.store.count(filter)
        guard count.jobs > 0 else { throw Problem.badRequest("No job matches any more. Nothing was changed.") }
        try Confirmation(kind.rawValue, jobs: count.jobs, tokens: count.tokens, always: true).check(fields)
        let action = try await request.administration(of: self.api).startBulk(
            kind,
            filter,
            expected: count.jobs,
            description: "\(count.description) \(form.description)",
            reason: reason,
            at: now
        )
        return .seeOther(request.href("/bulk/" + action.id))
    }

    private func stopBulk(_ request: PageRequest) async throws -> Response {
        _ = try await Form(of: request)
        let id = try request.call.path("id")
        guard try await self.api.store.bulkAction(id) != nil else { throw Self.noSuchAction }
        _ = try await request.administration(of: self.api).stopBulk(id)
        return .seeOther(Link(request.href("/bulk/" + id.pathEncoded), [("did", "stopped")]).href)
    }

    private static let noSuchAction = Problem.notFound("There is no such bulk action.")

    private func bulkPage(_ request: PageRequest) async throws -> Response {
        let id = try request.call.path("id")
        guard let action = try await self.api.store.bulkAction(id) else {
            throw Self.noSuchAction
        }
        let isRunning = action.status == .running
        return try await self.page(
            BulkContent(bulk: BulkState(action, .machine, request)),
            request,
            title: "\(action.kind.verb) jobs",
            live: isRunning ? .bulk(id) : nil
        )
    }

    private func bulksPage(_ request: PageRequest) async throws -> Response {
        let cursor = try ViewQuery(request).text("cursor")
        let actions = try await self.api.store.bulkActions(before: cursor, limit: Self.rows)
        let path = request.href("/bulk")
        let last = actions.count == Self.rows ? actions.last : nil
        let content = BulksContent(
            rows: actions.map { BulkRow($0, .machine, request) },
            empty: actions.isEmpty
                ? "There are no bulk actions yet. Filter the list of jobs to start one." : nil,
            firstHref: cursor == nil ? nil : path,
            nextHref: last.map { Link(path, [("cursor", $0.id)]).href }
        )
        return try await self.page(content, request, title: "Bulk actions")
    }
}

struct BulkPreviewContent: PageContent {
    static let template = "bulk-new"

    var action: BulkPlan
    var chips: [Chip]
    var count: String
    var tokensLabel: String
    var tokens: String
    var confirmWord: String?
    var hidden: [HiddenField]
    var jobsHref: String
    var rows: [JobRow]
    var rowsNote: String?
    var empty: String?
}

struct BulkContent: PageContent {
    static let template = "bulk"

    var bulk: BulkState
}

struct BulksContent: PageContent {
    static let template = "bulks"

    var rows: [BulkRow]
    var empty: String?
    var firstHref: String?
    var nextHref: String?
}
