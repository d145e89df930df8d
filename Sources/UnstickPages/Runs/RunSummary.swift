import Unstick

extension Run {
    /// The label of its tokens: a dry run refunds none.
    var tokensLabel: String { self.dryRun ? "Would refund" : "Refunded" }
}

/// The content at the top of the page of a run.
struct RunSummary {
    var id: String
    var status: Badge
    var trigger: String
    var started: TimeView
    var took: String?
    var timeout: String
    var batchSize: String
    var kinds: String?
    var sentence: String
    var found: String
    var cleaned: String
    var retried: String
    var failed: String
    var tokens: String
    var tokensLabel: String
    var more: Bool
    var error: String?
    var held: String?
    var difference: String?

    init(_ run: Run, difference: String?, _ now: Timestamp) {
        self.id = run.id
        self.status = Badge(run)
        self.trigger = run.trigger.description
        self.started = TimeView(run.startedAt, now: now)
        self.took = run.duration?.text
        self.timeout = run.timeout?.text ?? "by the policy"
        self.batchSize = run.batchSize.grouped
        self.kinds = run.kinds.isEmpty ? nil : run.kinds.joined(separator: ", ")
        self.sentence = run.sentence
        self.found = run.totalFound.grouped
        self.cleaned = run.cleanedUp.grouped
        self.retried = run.retried.grouped
        self.failed = run.failed.grouped
        self.tokens = (run.dryRun ? run.tokensOwed : run.tokensRefunded).grouped
        self.tokensLabel = run.tokensLabel
        // A dry run changes no job, and a held run does not continue.
        self.more = run.more && !run.dryRun && run.status != .held
        self.error = run.status == .failed ? run.error : nil
        self.held = run.status == .held ? run.error : nil
        self.difference = difference
    }
}
