import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    var overviewRoutes: [PageRoute] {
        [.get("") { request in try await self.overviewPage(request) }]
    }

    private func overviewPage(_ request: PageRequest) async throws -> Response {
        let store = self.api.store
        let overview = try await self.overview.value()
        let now = overview.now
        let hours = try await store.hourlyTotals(since: DayHours.start(now))
        let day = DayHours(hours, now: now)
        let webhooks = try await store.webhooks()
        let ages = await self.ages(now, request)
        let last = try await store.runs(RunFilter(dryRun: false), before: nil, limit: 1).rows.first
        let content = OverviewContent(
            alerts: try await store.alerts().filter(\.isFiring).map { AlertLine($0, now) },
            stuck: StuckTile(overview, request),
            refunds: RefundsTile(
                today: try await store.totals(since: DayHours.midnight(now)),
                week: try await store.totals(since: now - .seconds(7 * 86_400)),
                request
            ),
            lastRun: last.map { LastRunTile($0, now, request) },
            noRun: last == nil ? "No run yet." : nil,
            nextRun: self.nextRun(now),
            running: CountTile(
                count: overview.running.grouped,
                href: Link(request.href("/jobs"), [("status", JobStatus.processing.rawValue)]).href
            ),
            waiting: CountTile(
                count: try await self.api.cleaner.waitingJobs()?.text(at: now) ?? "not known",
                href: Link(request.href("/jobs"), [("status", JobStatus.pending.rawValue)]).href
            ),
            webhooks: WebhooksTile(webhooks, request),
            daySvg: day.chart.svg,
            day: day.rows,
            kinds: ages.rows,
            kindsEmpty: ages.empty
        )
        return try await self.page(content, request, title: "Overview", live: .overview)
    }

    private func nextRun(_ now: Timestamp) -> NextRunTile {
        guard let next = self.configuration.nextRun else {
            return NextRunTile(at: nil, sentence: "There is no schedule: runs come from /api/cron/cleanup-jobs.")
        }
        guard let at = next(now) else { return NextRunTile(at: nil, sentence: "The schedule has no further run.") }
        return NextRunTile(at: TimeView(at, now: now), sentence: "By the schedule of this server.")
    }

    /// The running jobs by kind and tier, compared with their limits.
    private func ages(_ now: Timestamp, _ request: PageRequest) async -> (rows: [AgesRow], empty: String?) {
        let groups: [RunningAges]
        do {
            groups = try await self.ages.value()
        } catch {
            return ([], (error as? UnstickError)?.message ?? "The running jobs could not be read.")
        }
        let policy = self.api.configuration.policy.current
        let shown = groups.sorted { $0.counts.reduce(0, +) > $1.counts.reduce(0, +) }.prefix(AgesRow.most)
        let rows = shown.enumerated().map { index, ages in
            AgesRow(ages, policy.rule(kind: ages.kind.kind, tier: ages.kind.tier), number: index, now, request)
        }
        return (rows, rows.isEmpty ? "No job is running." : nil)
    }
}

struct OverviewContent: PageContent {
    static let template = "overview"

    var alerts: [AlertLine]
    var stuck: StuckTile
    var refunds: RefundsTile
    var lastRun: LastRunTile?
    var noRun: String?
    var nextRun: NextRunTile
    var running: CountTile
    var waiting: CountTile
    var webhooks: WebhooksTile
    var daySvg: String
    var day: [DayHours.Row]
    var kinds: [AgesRow]
    var kindsEmpty: String?
}
