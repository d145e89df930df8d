import Unstick

/// A job that the next run would take, and why.
struct StuckRow {
    var job: Ref
    var user: Ref
    var kind: String
    var tier: String?
    var attempt: String
    var stuckFor: String
    var rule: String
    var limit: String
    var reason: String
    var action: Badge
    var tokens: String

    init(_ job: StuckJob, _ request: PageRequest) {
        self.job = .job(job.id, request)
        self.user = .user(job.userID, request)
        self.kind = job.kind
        self.tier = job.tier
        self.attempt = job.attempt.grouped
        self.stuckFor = job.stuckFor.text
        self.rule = job.stuckReason.rule
        self.limit = "\(job.stuckReason.limit.rawValue) \(job.stuckReason.allowed.text)"
        self.reason = job.reason
        self.action = Badge(job.action.previewed)
        self.tokens = job.tokensOwed.grouped
    }
}

/// An open hold.
struct HoldRow {
    var id: String
    var title: String
    var reason: String
    var opened: TimeView
    var canDecide: Bool

    init(_ hold: Hold, _ now: Timestamp, mayDecide: Bool) {
        self.id = hold.id
        self.title = hold.kind.map { "Held: every stuck job of kind '\($0)'" } ?? "Held: \(hold.jobs.of("job"))"
        self.reason = hold.reason
        self.opened = TimeView(hold.openedAt, now: now)
        self.canDecide = mayDecide
    }
}

/// Why a run would not start, or would be held.
struct StuckHeld {
    var reason: String
    var status: Badge

    /// - Returns: `nil` where nothing stops the run.
    init?(_ preview: RunPreview) {
        guard let reason = preview.refused ?? preview.held else { return nil }
        self.reason = reason
        let isHeld = preview.isPaused ? "Paused" : "Would be held"
        self.status = Badge(preview.refused == nil ? isHeld : "Would not start", .warning)
    }
}

/// Hidden fields of the forms that start a run.
enum CleanFields {
    /// The kinds as one field: no kind contains a line break.
    static func text(_ kinds: [String]) -> String { kinds.joined(separator: "\n") }

    /// The kinds of a form; none for all.
    static func kinds(_ form: Form) -> [String] {
        form.text("kinds")?.split(whereSeparator: \.isNewline).map(String.init) ?? []
    }

    /// The jobs of these kinds, as text.
    static func description(_ kinds: [String]) -> String {
        switch kinds.count {
        case 0: ""
        case 1: " of kind '\(kinds[0])'"
        default: " of the kinds \(kinds.map { "'\($0)'" }.joined(separator: ", "))"
        }
    }
}

/// The form that starts a run.
struct CleanForm {
    var sentence: String
    var timeout: String
    var batchSize: String
    var kinds: String
    var drain: Bool
    var held: Bool
    var confirmWord: String?

    init(_ preview: RunPreview, _ options: CleanupOptions, _ query: ViewQuery) {
        let jobs = preview.taken == preview.totalFound ? "all " : "the oldest "
        let limit = preview.counted < preview.taken ? "at least" : "up to"
        let tokens = "refunds \(limit) \(preview.tokensOwed.of("token"))"
        self.sentence =
            "The run takes \(jobs)\(preview.taken.of("job"))\(CleanFields.description(options.kinds)) and \(tokens)."
        self.kinds = CleanFields.text(options.kinds)
        self.timeout = query.text("timeout") ?? ""
        self.batchSize = query.text("batchSize") ?? ""
        self.drain = options.drain
        self.held = preview.held != nil || options.force
        self.confirmWord = Confirmation(cleaning: preview, force: self.held).word
    }
}
