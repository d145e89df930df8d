/// Holds jobs of which an implausible share looks stuck at once, over all, of a kind or of workers: with a paused fleet, a
/// restored backup or a time-zone mistake, many jobs look stuck.
public struct MassFailureGuard: Hashable, Sendable {
    /// Fewer stuck jobs than this are never held.
    public var minimum: Int
    /// The share of the running jobs, from 0 to 1, that may look stuck at once.
    public var share: Double
    /// The most that one run may refund; `nil` for no limit.
    public var maxRefund: Int?

    /// Makes a guard; unless set, more than half of the running jobs and at least 20.
    public init(minimum: Int = 20, share: Double = 0.5, maxRefund: Int? = nil) {
        precondition(minimum >= 1 && 0...1 ~= share, "the guard's minimum is 1 or more, its share 0 to 1")
        self.minimum = minimum
        self.share = share
        self.maxRefund = maxRefund
    }

    /// Why a run over this backlog is held whole, also a forced one; `nil` if it may go on.
    package func refundLimit(of backlog: Backlog) -> String? {
        guard let maxRefund, backlog.tokensOwed > maxRefund else { return nil }
        return
            "The run would refund \(backlog.tokensOwed) tokens, and the policy's maxRefundPerRun is \(maxRefund). Nothing was "
            + "changed. Check the jobs with a dry run. Raise maxRefundPerRun, or lower the batch size, to let runs go on."
    }
}

extension Backlog {
    /// The holds that a run which is not forced opens, with the rules by which their jobs are stuck.
    func suspicions(_ policy: Policy) -> [(hold: NewHold, ruleMatches: RuleMatches)] {
        guard self.pause == nil else { return [] }
        return self.guarded.flatMap { jobs in
            policy.massFailureGuard.suspicions(of: jobs.groups, in: jobs.ruleMatches.phase)
                .map { ($0, jobs.ruleMatches) }
        }
    }

    /// Why a run is held whole, or would be: by a pause, the refund limit or the guard.
    func holdReason(_ policy: Policy) -> String? {
        self.pause?.message ?? policy.massFailureGuard.refundLimit(of: self)
            ?? self.suspicions(policy).first?.hold.reason
    }

    /// Why every stuck job is left: open holds stop them all.
    var openHolds: String? {
        guard self.stuck == 0, self.held > 0, let hold = self.holds.first else { return nil }
        let others = self.holds.count > 1 ? " There are \(self.holds.count) open holds." : ""
        let held = "\(self.held.of("stuck job")) \(self.held == 1 ? "is" : "are") held."
        return "\(hold.reason) \(held)\(others) \(Hold.advice)"
    }
}
