import Unstick

/// A user to whom tokens were refunded lately, for which job.
struct RecentRefund {
    var user: Ref
    var tokens: String
    var job: Ref
    var at: Moment

    private init(_ refund: RefundedJob, isKept: Bool, _ now: Timestamp, _ visit: Visit) {
        self.user = .user(refund.userID, visit)
        self.tokens = refund.tokens.grouped
        self.job = isKept ? .job(refund.jobID, visit) : Ref(refund.jobID, nil)
        self.at = Moment(refund.at, now: now)
    }

    /// One row for each user and job; a job that was given back twice stands where it was last.
    ///
    /// - Parameter kept: the jobs that there is a page about; `nil` for all of them.
    static func list(_ refunds: [RefundedJob], kept: Set<String>?, _ now: Timestamp, _ visit: Visit) -> [RecentRefund] {
        var seen: Set<[String]> = []
        return refunds.filter { seen.insert([$0.userID, $0.jobID]).inserted }
            .map { RecentRefund($0, isKept: kept?.contains($0.jobID) ?? true, now, visit) }
    }
}
