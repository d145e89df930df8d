import Unstick

/// A job as it should be: plain values, no database.
struct ModelJob {
    let id: String
    let user: String
    let kind: String
    let cost: Int
    let chargeKind: ChargeKind
    var status = JobStatus.pending
    var attempt = 0
    var charge = 1
    var timeouts = 0
    var isTimedOut = false
    var isParked = false
    /// Moments in hours.
    let created: Int
    var started = 0
    var beat: Int?
    /// In millionths.
    var progress = 0
    /// What the open charge gave back.
    var refunded = 0

    var rule: Rule { ModelPolicy.policy.rule(kind: self.kind, tier: nil) }

    /// What a pass at this hour does with it; `nil` for nothing.
    func fate(at hour: Int, waitsSince: Double) -> RunItem.Action? {
        let rule = self.rule
        func passed(_ limit: Duration?, since: Double) -> Bool {
            limit.map { .milliseconds((Double(hour) - since) * 3_600_000) >= $0 } ?? false
        }
        switch self.status {
        case .pending:
            guard passed(rule.deadline, since: Double(self.created)) || passed(rule.pendingTimeout, since: waitsSince)
            else {
                return nil
            }
            return self.end
        case .processing:
            if passed(rule.deadline, since: Double(self.created)) { return self.end }
            let isSilent = passed(rule.heartbeatTimeout, since: Double(max(self.started, self.beat ?? 0)))
            guard passed(rule.timeout, since: Double(self.started)) || isSilent else { return nil }
            if let most = rule.quarantine, self.timeouts + 1 >= most { return .quarantined }
            return self.attempt < rule.retry.attempts ? .retried : self.end
        default: return nil
        }
    }

    private var end: RunItem.Action { self.owed(self.rule.refund) > 0 ? .failedAndRefunded : .failed }

    /// What is given back when it ends now.
    func owed(_ refund: Refund) -> Int {
        refund.amount(of: self.cost, progress: self.status == .processing ? self.progress : 0)
    }

    mutating func start(at hour: Int) {
        self.status = .processing
        self.attempt += 1
        self.started = hour
        self.beat = nil
        self.progress = 0
    }
}
