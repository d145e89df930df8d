import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// How many jobs the preview lists, and how many actions the list has on a page.
    private static let rows = 20

    var bulkRoutes: [PageRoute] {
        [
            .get("/bulk") { visit in try await self.bulksPage(visit) },
            .get("/bulk/new", .operate) { visit in try await self.bulkPreview(visit) },
            .get("/bulk/{id}") { visit in try await self.bulkPage(visit) },
            .post("/bulk", .operate) { visit in try await self.startBulk(visit) },
            .post("/bulk/{id}/stop", .operate) { visit in try await self.stopBulk(visit) },
        ]
    }

    private func bulkPreview(_ visit: Visit) async throws -> Response {
        let query = try ViewQuery(visit)
        guard let kind = try query.word("action", as: BulkAction.Kind.self) else {
            throw Problem.badRequest("Choose an action: retry, fail or cancel.")
        }
        let now = try await self.api.store.now()
        let form = try JobFilterForm(query.text, now: now)
        let filter = try await self.bulkFilter(form, kind, now)
        let count = try await self.api.store.count(filter)
        let first = try await self.api.store.page(filter, cursor: nil, limit: Self.rows).jobs
        let policy = self.api.configuration.policy.current
        var content: [String: Any] = [
            "action": BulkPlan(kind, form, count),
            "count": count.words,
            "tokens": count.tokens.grouped,
            "tokensLabel": kind == .retry ? "Total cost; refunds are charged again" : "Total cost",
            "chips": form.chips(nil),
            "hidden": [HiddenField(name: "action", value: kind.rawValue)]
                + form.parameters.map { HiddenField(name: $0.name, value: $0.value) },
            "rows": first.map { JobRow($0, policy, now, visit) },
            "jobsHref": form.link(visit.href("/jobs")).href,
        ]
        if count.jobs > first.count {
            content["rowsNote"] = "The newest \(first.count.grouped) of \(count.words) jobs."
        }
        if count.jobs == 0 {
            content["empty"] =
                "There is no \(form.words.replacing("jobs", with: "job")) to \(kind.rawValue)."
        } else {
            content["confirmWord"] =
                Confirmation(kind.rawValue, jobs: count.jobs, tokens: count.tokens, always: true).word
        }
        return try await self.page("bulk-new", visit, title: "\(kind.verb) jobs", content)
    }

    /// The jobs of the filter that the action can be done with, none of them newer than now.
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

    private func startBulk(_ visit: Visit) async throws -> Response {
        let fields = try await Form(of: visit)
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
        let action = try await visit.administration(of: self.api).startBulk(
            kind,
            filter,
            expected: count.jobs,
            description: "\(count.words) \(form.words)",
            reason: reason,
            at: now
        )
        return .seeOther(visit.href("/bulk/" + action.id))
    }

    private func stopBulk(_ visit: Visit) async throws -> Response {
        _ = try await Form(of: visit)
        let id = try visit.call.path("id")
        guard try await self.api.store.bulkAction(id) != nil else { throw Self.noSuchAction }
        _ = try await visit.administration(of: self.api).stopBulk(id)
        return .seeOther(Link(visit.href("/bulk/" + id.pathEncoded), [("did", "stopped")]).href)
    }

    private static let noSuchAction = Problem.notFound("There is no such bulk action.")

    private func bulkPage(_ visit: Visit) async throws -> Response {
        let id = try visit.call.path("id")
        guard let action = try await self.api.store.bulkAction(id) else {
            throw Self.noSuchAction
        }
        let content: [String: Any] = ["bulk": BulkState(action, .machine, visit)]
        let isRunning = action.status == .running
        return try await self.page(
            "bulk",
            visit,
            title: "\(action.kind.verb) jobs",
            content,
            live: isRunning ? .bulk(id) : nil
        )
    }

    private func bulksPage(_ visit: Visit) async throws -> Response {
        let cursor = try ViewQuery(visit).text("cursor")
        let actions = try await self.api.store.bulkActions(before: cursor, limit: Self.rows)
        var content: [String: Any] = ["rows": actions.map { BulkRow($0, .machine, visit) }]
        if actions.isEmpty {
            content["empty"] =
                "There are no bulk actions yet. Filter the list of jobs to start one."
        }
        if cursor != nil { content["firstHref"] = visit.href("/bulk") }
        if actions.count == Self.rows, let last = actions.last {
            content["nextHref"] = Link(visit.href("/bulk"), [("cursor", last.id)]).href
        }
        return try await self.page("bulks", visit, title: "Bulk actions", content)
    }
}
