import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of jobs of a run on one page.
    private static let items = 50

    /// The page of one run, with its items.
    func runPage(_ request: PageRequest) async throws -> Response {
        let id = try request.call.path("id")
        try Limits.checkID(id, "run id")
        let cursor = try ViewQuery(request).integer("cursor", "The cursor", in: 1...Int.max)
        guard let detail = try await self.api.store.detail(of: id, after: cursor ?? 0, limit: Self.items) else {
            throw Problem.notFound("There is no run '\(id)'. Check the id, or search the list.")
        }
        let (run, now) = (detail.run, try await self.api.store.now())
        let outcomes = run.dryRun ? try await self.outcomes(of: detail) : nil
        let rows = detail.jobs.map { RunItemRow($0, isDryRun: run.dryRun, outcomes?[$0.jobID.exact], request) }
        let isWhole = cursor == nil && detail.nextCursor == nil
        let path = request.href("/runs/" + id.pathEncoded)
        let content = RunContent(
            run: RunSummary(run, difference: outcomes.flatMap { Self.difference($0, isWhole: isWhole) }, now),
            holds: try await self.holds(run, now, request),
            showsOutcome: outcomes != nil,
            tokensLabel: run.tokensLabel,
            rows: rows,
            empty: rows.isEmpty ? cursor == nil ? run.emptiness : "There are no further jobs." : nil,
            firstHref: cursor == nil ? nil : path,
            nextHref: detail.nextCursor.map { Link(path, [("cursor", $0)]).href }
        )
        return try await self.page(content, request, title: "Run", live: run.status == .running ? .run(id) : nil)
    }

    /// What has happened since to the jobs of a dry run, by their ids; `nil` for a team's own tables.
    private func outcomes(of detail: RunDetail) async throws -> [ExactText: RunOutcome]? {
        let jobs: [Job]
        do {
            jobs = try await self.api.store.jobs(detail.jobs.map(\.jobID))
        } catch let error as UnstickError where error.code == .invalidArgument {
            return nil
        }
        let found = Dictionary(jobs.map { ($0.id.exact, $0) }) { first, _ in first }
        let outcomes = detail.jobs.map { item in
            (item.jobID.exact, RunOutcome(of: item, at: detail.run.startedAt, job: found[item.jobID.exact]))
        }
        return Dictionary(outcomes) { first, _ in first }
    }

    private static func difference(_ outcomes: [ExactText: RunOutcome], isWhole: Bool) -> String? {
        guard !outcomes.isEmpty else { return nil }
        let others = outcomes.values.count { $0.differs }
        let among = isWhole ? outcomes.count.of("job") : "the \(outcomes.count.of("job")) on this page"
        return "\(others == 0 ? "None" : others.grouped) of \(among) ended differently than predicted."
    }

    /// The open holds, on the page of a run that they stopped.
    private func holds(_ run: Run, _ now: Timestamp, _ request: PageRequest) async throws -> [HoldRow] {
        guard run.status == .held, !Pause.held(run) else { return [] }
        return try await self.api.store.holds(.open, limit: Self.items).map {
            HoldRow($0, now, mayDecide: request.may(.operate))
        }
    }
}

struct RunContent: PageContent {
    static let template = "run"

    var run: RunSummary
    var holds: [HoldRow]
    var showsOutcome: Bool
    var tokensLabel: String
    var rows: [RunItemRow]
    var empty: String?
    var firstHref: String?
    var nextHref: String?
}

extension Run {
    /// Why it has no jobs.
    fileprivate var emptiness: String {
        switch self.status {
        case .running: "The run has not taken a job yet."
        case .completed: "Nothing was stuck."
        case .failed: "The run failed before it took a job."
        case .held: "The run was held before it took a job."
        }
    }
}
