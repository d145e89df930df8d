import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of recently refunded jobs on the page.
    private static let recent = 20

    /// The views of users and their tokens.
    var userRoutes: [PageRoute] {
        [
            .get("/users") { request in try await self.usersPage(request) },
            .get("/users/{id}") { request in try await self.userPage(request) },
            .post("/users/{id}/tokens", .administer) { request in try await self.bookTokens(request) },
        ]
    }

    private func usersPage(_ request: PageRequest) async throws -> Response {
        let id = try ViewQuery(request).text("id")
        if let id, try await self.isKnown(id) { return .seeOther(request.href("/users/" + id.pathEncoded)) }
        let now = try await self.api.store.now()
        let refunds = try await self.api.store.recentRefunds(limit: Self.recent)
        let rows = RecentRefund.list(refunds, kept: try await self.kept(refunds), now, request)
        let content = UsersContent(
            query: id ?? "",
            notFound: id.map {
                "No user “\($0.cut(toBytes: Limits.idBytes))” has a transaction or a job. Ids are compared exactly."
            },
            rows: rows,
            empty: rows.isEmpty ? "No recent refunds." : nil
        )
        return try await self.page(content, request, title: "Users", live: .overview)
    }

    /// Those of the jobs that are stored here; `nil` for a team's own tables.
    private func kept(_ refunds: [RefundedJob]) async throws -> Set<String>? {
        do {
            return Set(try await self.api.store.jobs(refunds.map(\.jobID)).map(\.id))
        } catch let error as UnstickError where error.code == .invalidArgument {
            return nil
        }
    }

    /// Whether a user with exactly this id has a transaction or a job.
    private func isKnown(_ id: String) async throws -> Bool {
        guard (try? Limits.checkID(id, "user id")) != nil else { return false }
        let store = self.api.store
        if try await !store.transactions(of: id, before: nil, limit: 1).isEmpty { return true }
        return try await !store.jobs(JobFilter(userID: id), after: nil, limit: 1).rows.isEmpty
    }
}

struct UsersContent: PageContent {
    static let template = "users"

    var query: String
    var notFound: String?
    var rows: [RecentRefund]
    var empty: String?
}

/// A recent refund to a user, with its job.
struct RecentRefund {
    var user: Ref
    var tokens: String
    var job: Ref
    var at: TimeView

    private init(_ refund: RefundedJob, isKept: Bool, _ now: Timestamp, _ request: PageRequest) {
        self.user = .user(refund.userID, request)
        self.tokens = refund.tokens.grouped
        self.job = isKept ? .job(refund.jobID, request) : Ref(refund.jobID, nil)
        self.at = TimeView(refund.at, now: now)
    }

    /// One row for each user and job; a job that was refunded twice has the place of the last refund.
    ///
    /// - Parameter kept: the jobs that have a page; `nil` for all of them.
    static func list(
        _ refunds: [RefundedJob],
        kept: Set<String>?,
        _ now: Timestamp,
        _ request: PageRequest
    ) -> [RecentRefund] {
        var seen: Set<[String]> = []
        return refunds.filter { seen.insert([$0.userID, $0.jobID]).inserted }
            .map { RecentRefund($0, isKept: kept?.contains($0.jobID) ?? true, now, request) }
    }
}
