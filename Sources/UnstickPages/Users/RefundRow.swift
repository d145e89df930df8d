import Unstick

/// What came back to a user, and why.
struct RefundRow {
    var tokens: String
    var job: Ref
    var at: Moment
    var reason: String?

    init(_ line: TokenTransaction, _ jobs: Set<ExactText>, _ now: Timestamp, _ visit: Visit) {
        self.tokens = line.amount.signed
        self.job = .job(refundedBy: line, among: jobs, visit)
        self.at = Moment(line.createdAt, now: now)
        self.reason = line.reason
    }
}

extension Ref {
    /// The job that a refund is about, with a link where it is one of these.
    static func job(refundedBy line: TokenTransaction, among jobs: Set<ExactText>, _ visit: Visit) -> Ref {
        let id = line.sourceID ?? line.id
        return jobs.contains(id.exact) ? .job(id, visit) : Ref(id, nil)
    }
}
