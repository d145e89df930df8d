import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of runs, deliveries and ledger lines on one page.
    private static let most = 50

    func jobPage(_ request: PageRequest) async throws -> Response {
        let store = self.api.store
        let id = try request.call.path("id")
        guard let job = try await store.job(id) else {
            throw Problem.notFound(
                "There is no job '\(id.cut(toBytes: Limits.idBytes))'. Check the id, or search the list."
            )
        }
        let now = try await store.now()
        let story = JobStory(
            job: job,
            lease: try await store.lease(of: id),
            items: try await store.items(ofJob: job, limit: Self.most),
            late: try await store.lateCompletions(of: job, limit: Self.most),
            lines: try await store.lines(of: job, limit: Self.most),
            requests: try await self.requests(about: id),
            deliveries: try await store.page(DeliveryFilter(jobID: id), cursor: nil, limit: Self.most).deliveries,
            now: now
        )
        let rule = self.api.configuration.policy.current.rule(kind: job.kind, tier: job.tier)
        let content = JobContent(
            job: JobSummary(story, rule, request),
            actions: request.may(.operate) ? JobChoice.list(story, rule, request) : [],
            timeline: TimelineEntry.list(story, request),
            ledger: story.lines.map { LedgerRow($0, now, request) },
            ledgerEmpty: story.lines.isEmpty ? "There is no booking for this job: it cost nothing." : nil,
            deliveriesHref: Link(request.href("/deliveries"), [("job", id)]).href,
            rawJson: try JSONOutput.text(of: job, isPretty: true)
        )
        return try await self.page(content, request, title: "Job \(id)", live: .job(id.exact))
    }

    /// The requests of administrators about a job.
    private func requests(about jobID: String) async throws -> [AuditEntry] {
        let filter = AuditFilter(subject: jobID)
        let entries = try await self.api.store.auditEntries(filter, before: nil, limit: Self.most).rows
        // A user may have the same id.
        return entries.filter { [.retryJob, .failJob, .cancelJob].contains($0.act.action) }
    }
}

struct JobContent: PageContent {
    static let template = "job"

    var job: JobSummary
    var actions: [JobChoice]
    var timeline: [TimelineEntry]
    var ledger: [LedgerRow]
    var ledgerEmpty: String?
    var deliveriesHref: String
    var rawJson: String
}

/// All data about a job.
struct JobStory {
    let job: Job
    let lease: Lease?
    let items: [JobItem]
    /// Its attempts that were completed after a run had timed them out.
    let late: [LateCompletion]
    /// Its lines in the ledger, oldest first.
    let lines: [TokenTransaction]
    /// The requests of administrators.
    let requests: [AuditEntry]
    let deliveries: [WebhookDelivery]
    let now: Timestamp

    /// The refund of the open charge.
    var refunded: Int {
        let key = LedgerKey.refund(job: self.job.id, charge: self.job.charge)
        return self.lines.first { $0.id.isExactly(key) }?.amount ?? 0
    }
}
