import Unstick

/// A job of a run, and for a dry run what has happened to it since.
struct RunItemRow {
    var job: Ref
    var user: Ref
    var kind: String
    var tier: String?
    var attempt: String
    var action: Badge
    var tokens: String
    var tokensLabel: String
    var measured: String
    var limit: String
    var rule: String
    var reason: String
    var error: String?
    var refundRequest: Badge?
    var now: Badge?
    var differs: Bool

    init(_ item: RunItem, isDryRun: Bool, _ outcome: RunOutcome?, _ request: PageRequest) {
        self.job = .job(item.jobID, request)
        self.user = .user(item.userID, request)
        self.kind = item.kind
        self.tier = item.tier
        self.attempt = item.attempt.grouped
        self.action = Badge(item.action)
        self.tokens = (isDryRun ? item.tokensOwed : item.tokensRefunded).grouped
        self.tokensLabel = isDryRun ? "Would refund" : "Refunded"
        self.measured = item.stuckReason.measured.text
        self.limit = "\(item.stuckReason.limit.rawValue) \(item.stuckReason.allowed.text)"
        self.rule = item.stuckReason.rule
        self.reason = item.reason
        self.error = item.error
        self.refundRequest = item.refundRequest.map { Badge($0) }
        self.now = outcome?.now
        self.differs = outcome?.differs ?? false
    }
}
