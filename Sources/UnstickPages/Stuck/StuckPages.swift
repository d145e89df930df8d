import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of jobs in the preview.
    private static let listed = 50

    var stuckRoutes: [PageRoute] {
        [
            .get("/stuck") { request in try await self.stuckPage(request) },
            .post("/cleanup", .operate) { request in try await self.cleanUp(request) },
            .post("/holds/{id}/approve", .operate) { request in
                try await self.decide(request, "approved") { try await $0.approveHold($1) }
            },
            .post("/holds/{id}/clear", .operate) { request in
                try await self.decide(request, "cleared") { try await $0.clearHold($1) }
            },
        ]
    }

    private func stuckPage(_ request: PageRequest) async throws -> Response {
        let query = try ViewQuery(request)
        let kind = query.text("kind")
        let options = try self.options(
            timeout: query.duration("timeout", "The timeout"),
            batchSize: query.integer("batchSize", "The batch size", in: Limits.batchSize),
            drain: query.flag("drain"),
            kinds: kind.map { [$0] } ?? []
        )
        let preview = try await self.api.cleaner.preview(options, listed: Self.listed)
        // Jobs that only wait are listed too, and may be cleaned anyway.
        var forced = options
        forced.force = preview.totalFound == 0 && preview.waiting > 0
        let shown = forced.force ? try await self.api.cleaner.preview(forced, listed: Self.listed) : preview
        let kinds = (preview.kinds + [kind].compactMap { $0 }).distinct
        let jobs = shown.jobs
        let isCut = shown.totalFound > jobs.count && jobs.count == Self.listed
        let holds = try await self.api.store.holds(.open, limit: Self.listed)
        // A timer's call fails until an operator has looked.
        if request.may(.operate), !holds.isEmpty { try await self.api.store.markHoldsSeen() }
        let content = StuckContent(
            holds: holds.map { HoldRow($0, preview.now, mayDecide: request.may(.operate)) },
            total: preview.totalFound.grouped,
            tokensOwed: preview.tokensOwed.grouped,
            owedNote: preview.counted < preview.totalFound ? "for the oldest \(preview.counted.of("job"))" : nil,
            status: Badge(stuck: preview.totalFound),
            held: StuckHeld(preview),
            waiting: preview.waiting > 0 ? StuckContent.waiting(preview.waiting) : nil,
            kindOptions: Choice.list(kinds.map { ($0, $0) }, selected: kind, all: "All kinds"),
            timeout: query.text("timeout") ?? "",
            batchSize: query.text("batchSize") ?? "",
            drain: options.drain,
            clean: request.may(.operate) && shown.mayStart ? CleanForm(shown, forced, query) : nil,
            rows: jobs.map { StuckRow($0, request) },
            more: isCut ? "These are the \(jobs.count.grouped) oldest of \(shown.totalFound.grouped)." : nil,
            empty: jobs.isEmpty ? try await self.nothingStuck(kind, preview.now) : nil
        )
        return try await self.page(content, request, title: "Stuck", live: .overview)
    }

    private func decide(
        _ request: PageRequest,
        _ did: String,
        _ decide: (Administration, String) async throws -> Administration.HoldDecision
    ) async throws -> Response {
        _ = try await Form(of: request)
        let id = try request.call.path("id")
        switch try await decide(request.administration(of: self.api), id) {
        case .decided: return .seeOther(request.href("/stuck?did=\(did)"))
        case .refused(let hold): throw Problem(status: .conflict, code: "not_open", detail: hold.refusal)
        case .missing: throw Problem.notFound("There is no hold '\(id.cut(toBytes: Limits.idBytes))'.")
        }
    }

    private func options(
        timeout: Duration?,
        batchSize: Int?,
        drain: Bool,
        force: Bool = false,
        kinds: [String]
    ) -> CleanupOptions {
        let standard = self.api.configuration.options
        return CleanupOptions(
            timeout: timeout ?? standard.timeout,
            batchSize: batchSize ?? standard.batchSize,
            drain: drain,
            force: force,
            kinds: kinds
        )
    }

    private func nothingStuck(_ kind: String?, _ now: Timestamp) async throws -> String {
        if let kind { return "No job of kind '\(kind)' is stuck." }
        guard let last = try await self.api.store.lastSuccess() else {
            return "Nothing is stuck: no job is over the limit of its rule."
        }
        return "Nothing is stuck: no job is over the limit of its rule. The last run was \(last.startedAt.ago(now))."
    }

    private func cleanUp(_ request: PageRequest) async throws -> Response {
        let form = try await Form(of: request)
        let options = try self.options(
            timeout: form.duration("timeout", "The timeout"),
            batchSize: form.integer("batchSize", "The batch size", in: Limits.batchSize),
            drain: form.flag("drain"),
            force: form.flag("force"),
            kinds: CleanFields.kinds(form)
        )
        let preview = try await self.api.cleaner.preview(options, listed: 1)
        try Confirmation(cleaning: preview, force: options.force).check(form)
        let administration = try request.administration(of: self.api)
        let runID = try await self.startedRuns.start { progress in
            try await administration.cleanUp(options) { progress($0) }
        }
        return .seeOther(request.href("/runs/" + runID.pathEncoded))
    }
}

struct StuckContent: PageContent {
    static let template = "stuck"

    var holds: [HoldRow]
    var total: String
    var tokensOwed: String
    var owedNote: String?
    var status: Badge
    var held: StuckHeld?
    var waiting: String?
    var kindOptions: [Choice]
    var timeout: String
    var batchSize: String
    var drain: Bool
    var clean: CleanForm?
    var rows: [StuckRow]
    var more: String?
    var empty: String?

    static func waiting(_ jobs: Int) -> String {
        "\(jobs.of("job")) of your own tables \(jobs == 1 ? "waits" : "wait") for a second look: another program wrote "
            + "the times. A run cleans what it finds twice, one limit apart and unchanged."
    }
}

extension Confirmation {
    /// The text to type before a run: for a large one, and for one that is forced.
    init(cleaning preview: RunPreview, force: Bool) {
        self.init(
            force ? "force" : "clean",
            jobs: preview.taken,
            tokens: preview.tokensOwed,
            always: force && preview.held != nil
        )
    }
}

extension RunPreview {
    /// Whether a run would change something, forced or not.
    fileprivate var mayStart: Bool { self.totalFound > 0 && self.refused == nil && !self.isOverRefundLimit }
}

extension Badge {
    init(stuck count: Int) {
        if count == 0 { self.init("Nothing stuck", .good) } else { self.init("Needs a run", .warning) }
    }
}
