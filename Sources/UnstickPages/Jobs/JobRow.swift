import Unstick

/// A job in a list.
struct JobRow {
    var job: Ref
    var status: Badge
    var flags: [Badge]
    var kind: String
    var tier: String?
    var user: Ref
    var cost: String
    var attempt: String
    var created: TimeView
    var started: TimeView?
    var age: String?
    var ended: TimeView?
    var error: String?

    init(_ job: Job, _ policy: Policy, _ now: Timestamp, _ request: PageRequest) {
        self.job = .job(job.id, request)
        self.status = Badge(job.status)
        self.flags = JobFlags.of(job, policy.rule(kind: job.kind, tier: job.tier), lease: nil, now)
        self.kind = job.kind
        self.tier = job.tier
        self.user = .user(job.userID, request)
        self.cost = job.tokensCost.grouped
        self.attempt = job.attempt.grouped
        self.created = TimeView(job.createdAt, now: now)
        self.started = TimeView(job.processingStartedAt, now: now)
        self.age = job.status == .processing ? (now - (job.processingStartedAt ?? job.updatedAt)).text : nil
        self.ended = TimeView(job.processingCompletedAt, now: now)
        self.error = job.errorMessage
    }
}

/// Notable properties of a job beside its status.
enum JobFlags {
    static func of(_ job: Job, _ rule: Rule, lease: Lease?, _ now: Timestamp) -> [Badge] {
        var flags: [Badge] = []
        if Self.isPastItsLimit(job, rule, lease, now) { flags.append(Badge("Stuck", .warning)) }
        if job.quarantinedAt != nil { flags.append(Badge("Quarantined", .bad)) }
        return flags
    }

    private static func isPastItsLimit(_ job: Job, _ rule: Rule, _ lease: Lease?, _ now: Timestamp) -> Bool {
        func passed(_ limit: Duration?, since time: Timestamp?) -> Bool {
            guard let limit, let time else { return false }
            return now - time >= limit
        }
        switch job.status {
        case .processing:
            let beat = lease.flatMap { $0.attempt == job.attempt ? $0.beatAt : nil }
            return passed(rule.timeout, since: job.processingStartedAt ?? job.updatedAt)
                || passed(rule.heartbeatTimeout, since: beat) || passed(rule.deadline, since: job.createdAt)
        case .pending:
            return passed(rule.pendingTimeout, since: job.availableAt) || passed(rule.deadline, since: job.createdAt)
        default: return false
        }
    }
}
