import ArgumentParser
import Unstick

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show stuck jobs, runs, refunds, alerts and webhooks on one screen.",
        discussion: """
            Exits with 1 when something needs attention: an alert of the server fires; no run succeeded for three \
            intervals of --every; the last run was held, failed or could not clean a job; more than ten jobs are \
            stuck; or a webhook fails.
            """
    )

    /// More stuck jobs than this need attention.
    private static let mostStuck = 10

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help:
            "The expected interval between runs. Default: the interval of CLEANUP_SCHEDULE, or 15m where that is off.",
        transform: DurationArgument.init(parsing:)
    )
    var every: DurationArgument?

    @Flag(help: "Refresh every two seconds until Ctrl-C.")
    var watch = false

    func validate() throws {
        if self.watch, self.output.json { throw ValidationError("Give --watch or --json, not both.") }
    }

    func run() async throws {
        let store = try await self.database.openToRead()
        let cleaner = Cleaner(store: store, policy: PolicySource(try self.policy.read()), logger: try .command)
        while self.watch {
            let status = try await self.read(store, cleaner)
            // Clears the screen and moves the cursor to its top.
            Output.line("\u{1b}[2J\u{1b}[H")
            try self.show(status)
            try await Task.sleep(for: .seconds(2))
        }
        let status = try await self.read(store, cleaner)
        let concerns = status.concerns(mostStuck: Self.mostStuck)
        if self.output.json { try Output.json(StatusAnswer(status, concerns)) } else { try self.show(status) }
        if !concerns.isEmpty { throw Exit.incomplete }
    }

    private func read(_ store: any Store, _ cleaner: Cleaner) async throws -> Status {
        let overview = try await cleaner.overview()
        return Status(
            overview: overview,
            waiting: try await cleaner.waitingJobs(),
            lastRun: try await store.runs(before: nil, limit: 1).first,
            lastWholeRun: try await store.lastWholeRun(),
            lastSuccess: try await store.lastSuccess(),
            tokensToday: try await store.totals(since: overview.now.startOfDay).tokensRefunded,
            tokensThisWeek: try await store.totals(since: overview.now - .seconds(7 * 86_400))
                .tokensRefunded,
            schedule: try await store.state(of: ScheduledCleanup.name),
            alerts: try await store.alerts().filter(\.isFiring),
            webhooks: try await store.webhooks(),
            interval: try self.every?.duration ?? CleanupSettings(Settings()).interval
                ?? CleanupHealth.standardInterval
        )
    }

    private func show(_ status: Status) throws {
        for line in status.lines { Output.line(TerminalText.line(line)) }
        Output.line("database       \(DatabaseOptions.masked(try self.database.place.url))")
        Output.line("version        \(UnstickVersion.current)")
        for concern in status.concerns(mostStuck: Self.mostStuck) {
            Output.line(TerminalText.line("!  " + concern), .error)
        }
    }
}

/// The data of `unstick status`.
struct Status {
    let overview: StuckOverview
    /// `nil` where the tables do not have that.
    let waiting: WaitingJobs?
    let lastRun: Run?
    /// The last run over all kinds that ended and was not a dry run.
    let lastWholeRun: Run?
    let lastSuccess: Run?
    let tokensToday: Int
    let tokensThisWeek: Int
    /// The state of the servers' schedule; `nil` where none ever had one.
    let schedule: ScheduleState?
    /// The firing alerts.
    let alerts: [AlertState]
    let webhooks: [WebhookOverview]
    let interval: Duration

    private var now: Timestamp { self.overview.now }

    var stuck: Int { self.overview.kinds.reduce(0) { $0 + $1.jobs } }

    /// The next run of an active server.
    var nextRun: Timestamp? { self.schedule?.nextRun(at: self.now) }

    private var nextRunLine: String {
        if let nextRun { return nextRun.ago(self.now) }
        guard let seenAt = self.schedule?.seenAt else {
            return "when something calls for it; no server with a schedule is known"
        }
        return self.now - seenAt > ScheduleState.silence
            ? "not known; a server was last seen \(seenAt.ago(self.now))"
            : "never; the server's schedule has no further time"
    }

    /// Whether the last success is later than now.
    private var isClockWrong: Bool {
        self.lastSuccess.map { $0.startedAt - self.now > CleanupHealth.tolerance } ?? false
    }

    var lines: [String] {
        let last = self.lastRun.map { "\($0.startedAt.ago(self.now)), \($0.outcome(at: self.now))" } ?? "never"
        let oldest = self.overview.kinds.map(\.since).min()
        let age = oldest.map { ", the oldest for \((self.now - $0).text)" } ?? ""
        var lines = [
            "last run       \(last)",
            "last success   \(self.lastSuccess?.startedAt.ago(self.now) ?? "never")",
            "next run       \(self.nextRunLine)",
            "stuck now      \(self.stuck.grouped)\(age)",
        ]
        for kind in self.overview.kinds {
            lines.append("  \(kind.kind): \(kind.jobs.grouped), for up to \((self.now - kind.since).text)")
        }
        lines.append("running        \(self.overview.running.grouped)")
        lines.append("pending        \(self.waiting?.text(at: self.now) ?? "not known")")
        lines.append(
            "refunded       \(self.tokensToday.of("token")) today (UTC), \(self.tokensThisWeek.grouped) in 7 days"
        )
        lines.append(
            "alerts         \(self.alerts.isEmpty ? "none" : self.alerts.map(\.name.rawValue).joined(separator: ", "))"
        )
        lines.append("webhooks       \(self.webhookLine)")
        if !self.overview.holds.isEmpty { lines.append(self.holdsLine) }
        if let pause = self.overview.pause { lines.append("paused         \(pause.message)") }
        return lines
    }

    private var holdsLine: String {
        let jobs = self.overview.holds.reduce(0) { $0 + $1.jobs }
        let kinds = self.overview.holds.compactMap(\.kind).map { ", every stuck job of '\($0)'" }.joined()
        return "holds          \(self.overview.holds.count.grouped) open, of \(jobs.of("job"))\(kinds)"
    }

    private var webhookLine: String {
        guard !self.webhooks.isEmpty else { return "none" }
        let failing = self.webhooks.count { $0.failingSince != nil }
        let waiting = self.webhooks.reduce(0) { $0 + $1.waiting }
        let dead = self.webhooks.reduce(0) { $0 + $1.dead }
        return "\(self.webhooks.count.grouped), \(failing.grouped) failing; "
            + "\(waiting.of("delivery", "deliveries")) waiting, \(dead.grouped) dead"
    }

    /// What needs attention, as text.
    func concerns(mostStuck: Int) -> [String] {
        let health = CleanupHealth(
            lastSuccess: self.lastSuccess,
            // Before the first run, a server with a schedule is enough.
            watchedSince: self.lastSuccess == nil && self.nextRun != nil ? self.now : Timestamp(milliseconds: 0),
            interval: self.interval,
            isPaused: self.overview.pause != nil,
            now: self.now
        )
        var concerns = self.alerts.map { alert in
            alert.phase == .falling
                ? "The alert '\(alert.name.rawValue)' is about to end: \(alert.summary)" : alert.summary
        }
        // A problem for which an alert fires is not listed twice.
        let firing = Set(self.alerts.map(\.name))
        if health.status == .overdue, !firing.contains(.cleanupNotRunning) {
            concerns.append(
                "No run has succeeded for three times \(self.interval.text). Check that 'unstick serve' or your cron job is running."
            )
        }
        if self.isClockWrong, let success = self.lastSuccess {
            concerns.append(
                "The last successful run is dated \(success.startedAt), in the future: the database's clock was or is wrong. "
                    + "Correct it; the next successful run clears this."
            )
        }
        if !firing.contains(.cleanupHeld) {
            concerns += self.overview.holds.map { "\($0.reason) The jobs are held. \(Hold.advice)" }
        }
        if let run = self.lastWholeRun { concerns += self.concerns(of: run, firing) }
        for webhook in self.webhooks where webhook.failingSince != nil && !firing.contains(.webhookFailing) {
            concerns.append(
                "Every delivery to the webhook '\(webhook.endpoint.id)' fails. 'unstick webhook list' shows more."
            )
        }
        if self.stuck > mostStuck, !firing.contains(.stuckJobs) {
            concerns.append("\(self.stuck.of("job")) are stuck. 'unstick stuck' lists them.")
        }
        return concerns
    }

    private func concerns(of run: Run, _ firing: Set<AlertName>) -> [String] {
        switch run.status {
        // Open holds are listed by themselves.
        case .held where !firing.contains(.cleanupHeld) && !Pause.held(run) && run.error?.contains(Hold.advice) != true:
            return ["The last run was held: \(run.error ?? "")"]
        case .failed where !firing.contains(.cleanupFailed): return ["The last run failed: \(run.error ?? "")"]
        case .completed where run.failed > 0 && !firing.contains(.jobsNotCleaned):
            return [
                "\(run.failed.of("job")) could not be cleaned by the last run. 'unstick runs \(run.id)' shows why."
            ]
        default: return []
        }
    }
}

/// The same for machines.
private struct StatusAnswer: Encodable {
    struct Kind: Encodable {
        let kind: String
        let stuck: Int
        let since: Timestamp
    }

    struct Waiting: Encodable {
        let jobs: Int
        let isMore: Bool
        let since: Timestamp?
    }

    let lastRun: Run?
    let lastSuccessAt: Timestamp?
    let stuck, running: Int
    let waiting: Waiting?
    let kinds: [Kind]
    let tokensRefundedToday, tokensRefundedThisWeek: Int
    let nextPassAt: Timestamp?
    let alerts: [AlertState]
    let webhooks: [WebhookOverview]
    let isPaused: Bool
    let version: String
    let concerns: [String]

    init(_ status: Status, _ concerns: [String]) {
        self.lastRun = status.lastRun
        self.lastSuccessAt = status.lastSuccess?.startedAt
        self.stuck = status.stuck
        self.running = status.overview.running
        self.waiting = status.waiting.map { Waiting(jobs: $0.jobs, isMore: $0.isMore, since: $0.since) }
        self.kinds = status.overview.kinds.map { Kind(kind: $0.kind, stuck: $0.jobs, since: $0.since) }
        self.tokensRefundedToday = status.tokensToday
        self.tokensRefundedThisWeek = status.tokensThisWeek
        self.nextPassAt = status.nextRun
        self.alerts = status.alerts
        self.webhooks = status.webhooks
        self.isPaused = status.overview.pause != nil
        self.version = UnstickVersion.current
        self.concerns = concerns
    }
}

extension Timestamp {
    /// The midnight in UTC before it.
    fileprivate var startOfDay: Timestamp {
        Timestamp(milliseconds: self.milliseconds - self.milliseconds % 86_400_000)
    }
}
