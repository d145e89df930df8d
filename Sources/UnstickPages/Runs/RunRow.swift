import Unstick

/// A pass in a list.
struct RunRow {
    var run: Ref
    var started: Moment
    var trigger: String
    var status: Badge
    var found: String
    var cleaned: String
    var retried: String
    var failed: String
    var tokens: String
    var took: String?

    init(_ run: Run, _ now: Timestamp, _ visit: Visit) {
        self.run = .run(run.id, visit)
        self.started = Moment(run.startedAt, now: now)
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
