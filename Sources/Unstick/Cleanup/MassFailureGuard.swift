/// Holds a run that would fail an implausible share of the running jobs: with a paused fleet, a restored backup or a
/// time-zone mistake, many jobs look stuck.
public struct MassFailureGuard: Hashable, Sendable {
    /// A run with fewer stuck jobs than this is never held.
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

    /// Why a run over this backlog is to be held, or `nil` if it may go on.
    package func holdReason(to backlog: Backlog) -> String? {
        if let maxRefund, backlog.tokensOwed > maxRefund {
            return
                "The run would refund \(backlog.tokensOwed) tokens, and the policy's maxRefundPerRun is \(maxRefund). "
                + "Nothing was changed. Check the jobs with a dry run, and force the run if they really are stuck."
        }
        guard backlog.stuckRunning >= self.minimum,
            Double(backlog.stuckRunning) > self.share * Double(backlog.running)
        else { return nil }
        return
            "\(backlog.stuckRunning) of \(backlog.running) running jobs look stuck at once. This usually means a paused "
            + "fleet, a restored backup or a wrong clock, not dead workers. Nothing was changed. Check the jobs "
            + "with a dry run, and force the run if they really are stuck."
    }
}

extension Backlog {
    /// Why a run that is not forced is held: by a pause or by the guard.
    func holdReason(_ policy: Policy) -> String? {
        self.pause?.message ?? policy.massFailureGuard.holdReason(to: self)
    }
}
