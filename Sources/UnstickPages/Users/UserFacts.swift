import Unstick

/// What is known of a user's tokens, however many lines there are.
struct UserAccount {
    let id: String
    let balance: Int
    /// How many lines there are.
    let lines: Int
    /// What came back among the newest ``Limits/window`` lines, newest first.
    let refunds: [TokenTransaction]
    /// The sums over all lines; `nil` where there are too many to add up.
    let sums: ConsumptionStats?

    /// What came back among those lines, in tokens.
    var refunded: Int { self.refunds.map(\.amount).total }

    /// Which lines were looked at, where these are not all of them.
    var window: String? { self.sums == nil ? "newest \(Limits.window.grouped) transactions" : nil }

    /// Whether the user was refunded, in a sentence.
    var answer: String {
        guard self.lines > 0 else { return "This user has no transactions yet." }
        guard !self.refunds.isEmpty else {
            return self.window.map { "No refund in the \($0)." }
                ?? "No refund. This user has \(self.lines.of("transaction"))."
        }
        let among = self.window.map { " among the \($0)" } ?? ""
        return "Yes: \(self.refunded.of("token")) in \(self.refunds.count.of("refund"))\(among)."
    }
}

/// What stands at the top of the page of a user.
struct UserFacts {
    /// The last refund.
    struct LastRefund {
        var tokens: String
        var job: Ref
        var at: Moment
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

    init(_ account: UserAccount, _ jobs: Set<ExactText>, _ now: Timestamp, _ visit: Visit) {
        self.id = account.id
        self.answer = account.answer
        self.status = Badge(account)
        self.lastRefund = account.refunds.first.map { last in
            LastRefund(
                tokens: last.amount.grouped,
                job: .job(refundedBy: last, among: jobs, visit),
                at: Moment(last.createdAt, now: now)
            )
        }
        self.balance = account.balance.grouped
        self.spent = account.sums?.spent.grouped ?? "not added up"
        self.charges = account.sums?.charges.of("charge") ?? "too many charges"
        self.refunded = account.refunded.grouped
        self.refunds = (account.window.map { "among the \($0), " } ?? "") + account.refunds.count.of("time")
        self.jobsHref = Link(visit.href("/jobs"), [("user", account.id)]).href
    }
}

extension Badge {
    /// Whether the user was refunded.
    fileprivate init(_ account: UserAccount) {
        if account.lines == 0 {
            self.init("Nothing booked", .quiet)
        } else if account.refunds.isEmpty {
            self.init("Not refunded", .quiet)
        } else {
            self.init("Refunded", .good)
        }
    }
}
