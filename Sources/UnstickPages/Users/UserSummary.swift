import Unstick

/// The data of a user's tokens, at a bounded cost.
struct UserAccount {
    let id: String
    let balance: Int
    /// The number of lines.
    let lines: Int
    /// The sums of all lines.
    let sums: LedgerSums
    /// Some of the refunds, newest first; always with the newest.
    let refunds: [TokenTransaction]

    /// Whether the user was refunded, in a sentence.
    var answer: String {
        guard self.lines > 0 else { return "This user has no transactions yet." }
        guard self.sums.refunds > 0 else { return "No refund. This user has \(self.lines.of("transaction"))." }
        return "Yes: \(self.sums.refunded.of("token")) in \(self.sums.refunds.of("refund"))."
    }
}

/// The content at the top of the page of a user.
struct UserSummary {
    /// The last refund.
    struct LastRefund {
        var tokens: String
        var job: Ref
        var at: TimeView
    }

    var id: String
    var answer: String
    var status: Badge
    var lastRefund: LastRefund?
    var balance: String
    var spent: String
    var charges: String
    var refunded: String
    var refunds: String
    var jobsHref: String

    init(_ account: UserAccount, _ jobs: Set<ExactText>, _ now: Timestamp, _ request: PageRequest) {
        self.id = account.id
        self.answer = account.answer
        self.status = Badge(account)
        self.lastRefund = account.refunds.first.map { last in
            LastRefund(
                tokens: last.amount.grouped,
                job: .job(refundedBy: last, among: jobs, request),
                at: TimeView(last.createdAt, now: now)
            )
        }
        self.balance = account.balance.grouped
        self.spent = account.sums.spent.grouped
        self.charges = account.sums.charges.of("charge")
        self.refunded = account.sums.refunded.grouped
        self.refunds = account.sums.refunds.of("time")
        self.jobsHref = Link(request.href("/jobs"), [("user", account.id)]).href
    }
}

extension Badge {
    /// Whether the user was refunded.
    fileprivate init(_ account: UserAccount) {
        if account.lines == 0 {
            self.init("No transactions", .quiet)
        } else if account.sums.refunds == 0 {
            self.init("Not refunded", .quiet)
        } else {
            self.init("Refunded", .good)
        }
    }
}
