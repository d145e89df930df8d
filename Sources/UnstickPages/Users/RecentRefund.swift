import Unstick

/// A user whom a pass gave tokens back to lately, for which job.
struct RecentRefund {
    var user: Ref
    var tokens: String
    var job: Ref
    var at: Moment

    private init(_ refund: JobItem, _ now: Timestamp, _ visit: Visit) {
        self.user = .user(refund.item.userID, visit)
        self.tokens = refund.item.tokensRefunded.grouped
        self.job = .job(refund.item.jobID, visit)
        self.at = Moment(refund.at, now: now)
    }

    /// One row for each user and job; a job that was given back twice stands where it was last.
    static func list(_ refunds: [JobItem], _ now: Timestamp, _ visit: Visit) -> [RecentRefund] {
        var seen: Set<[String]> = []
        return refunds.filter { seen.insert([$0.item.userID, $0.item.jobID]).inserted }
            .map { RecentRefund($0, now, visit) }
    }
}
