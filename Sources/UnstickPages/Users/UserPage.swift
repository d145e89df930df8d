import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of transactions on one page.
    private static let lines = 50
    /// The number of refunds listed above them.
    private static let refunds = 10

    /// The page of one user: whether they were refunded, and their transactions.
    func userPage(_ request: PageRequest) async throws -> Response {
        let id = try self.userID(request)
        let cursor = try ViewQuery(request).integer("cursor", "The cursor", in: 1...Int.max)
        let lines = try await TokenBalanceManager(store: self.api.store)
            .transactionHistory(of: id, before: cursor, limit: Self.lines)
        let account = try await self.account(of: id)
        let refunds = account.refunds
        let jobs = try await self.keptJobs(lines + refunds)
        let now = try await self.api.store.now()
        let path = request.href("/users/" + id.pathEncoded)
        // Lines are numbered from 1 without gaps.
        let further = lines.last.flatMap { $0.sequence > 1 ? $0.sequence : nil }
        let content = UserContent(
            owner: UserSummary(account, jobs, now, request),
            refundRows: refunds.map { RefundRow($0, jobs, now, request) },
            refundsNote: refunds.count < min(account.sums.refunds, Self.refunds)
                ? "The list of transactions has older refunds." : nil,
            book: request.may(.administer) ? BookForms(action: path + "/tokens") : nil,
            rows: lines.map { LedgerRow($0, now, request).linking(only: jobs) },
            firstHref: cursor == nil ? nil : path,
            nextHref: further.map { Link(path, [("cursor", String($0))]).href }
        )
        return try await self.page(content, request, title: "User \(id)")
    }

    /// Books the request of an admin, and returns to the user's page.
    func bookTokens(_ request: PageRequest) async throws -> Response {
        let id = try self.userID(request)
        let tokens = try await TokenBooking(Form(of: request))
        let booking = try await tokens.book(for: id, by: request.administration(of: self.api))
        let did = booking.isNew ? "booked" : "booked-before"
        return .seeOther(Link(request.href("/users/" + id.pathEncoded), [("did", did)]).href)
    }

    private func userID(_ request: PageRequest) throws -> String {
        let id = try request.call.path("id")
        try Limits.checkID(id, "user id")
        return id
    }

    private func account(of id: String) async throws -> UserAccount {
        let store = self.api.store
        let lines = try await store.transactions(of: id, before: nil, limit: 1).first?.sequence ?? 0
        return UserAccount(
            id: id,
            balance: try await store.balance(of: id),
            lines: lines,
            sums: try await store.sums(of: id),
            refunds: try await self.newestRefunds(of: id)
        )
    }

    /// The newest refunds among the newest lines; if there are none, the newest one alone, however old.
    private func newestRefunds(of id: String) async throws -> [TokenTransaction] {
        let refunds = try await self.api.store.refunds(of: id, limit: Self.refunds)
        guard refunds.isEmpty else { return refunds }
        return try await TokenBalanceManager(store: self.api.store).refunds(of: id).last.map { [$0] } ?? []
    }

    /// The jobs of these lines that are stored here: an app may store its own, and then there is no page about them.
    private func keptJobs(_ lines: [TokenTransaction]) async throws -> Set<ExactText> {
        let ids = lines.filter(\.isOfJob).compactMap(\.sourceID).distinct
        guard !ids.isEmpty else { return [] }
        return Set(try await self.api.store.jobs(ids).map(\.id.exact))
    }
}

struct UserContent: PageContent {
    static let template = "user"

    var owner: UserSummary
    var refundRows: [RefundRow]
    var refundsNote: String?
    var book: BookForms?
    var rows: [LedgerRow]
    var firstHref: String?
    var nextHref: String?
}

extension LedgerRow {
    /// The row without a link to a job that is not among these.
    fileprivate func linking(only jobs: Set<ExactText>) -> LedgerRow {
        guard let job = self.job, !jobs.contains(job.id.exact) else { return self }
        var row = self
        row.job = Ref(job.id, nil)
        return row
    }
}

/// A refund to a user, and its reason.
struct RefundRow {
    var tokens: String
    var job: Ref
    var at: TimeView
    var reason: String?

    init(_ line: TokenTransaction, _ jobs: Set<ExactText>, _ now: Timestamp, _ request: PageRequest) {
        self.tokens = line.amount.signed
        self.job = .job(refundedBy: line, among: jobs, request)
        self.at = TimeView(line.createdAt, now: now)
        self.reason = line.reason
    }
}

extension Ref {
    /// The job of a refund, with a link where it is one of these.
    static func job(refundedBy line: TokenTransaction, among jobs: Set<ExactText>, _ request: PageRequest) -> Ref {
        let id = line.sourceID ?? line.id
        return jobs.contains(id.exact) ? .job(id, request) : Ref(id, nil)
    }
}
