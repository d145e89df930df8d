import ArgumentParser
import Unstick
import UnstickLearning

struct BacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract:
            "Replay past jobs against a policy: list the good jobs it would fail, and how soon it would find the stuck ones.",
        discussion: """
            With --train-until, limits are learned from the jobs that ended before that time and tested on the jobs \
            created after it. Heartbeats are not recorded, so heartbeat limits are not replayed.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var learning: LearningOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: "The interval between two simulated runs. Default: the schedule in force (CLEANUP_SCHEDULE).",
        transform: DurationArgument.init(parsing:)
    )
    var runEvery: DurationArgument?
    /// The earlier name of ``runEvery``.
    @Option(help: .hidden, transform: DurationArgument.init(parsing:))
    var sweepEvery: DurationArgument?
    @Option(help: "Learn limits from the jobs that ended before this time, and test them on the jobs created after it.")
    var trainUntil: String?
    @Option(help: "The largest number of killed jobs to list, up to \(Replay.mostListed).")
    var limit = 10

    func run() async throws {
        let (runs, why) = try self.runs()
        let method = try self.learning.method()
        let policy = try self.policy.read()
        let store = try await self.database.openToRead()
        let trainUntil = try await LearningOptions.time(self.trainUntil, of: "--train-until", in: store)
        let progress = ReadingProgress()
        let name = try self.policy.file == nil ? "standard policy" : "policy in force"
        let backtest = try await progress.watching {
            try await Backtest(
                of: store,
                policy: (name, policy),
                runs: runs,
                trainUntil: trainUntil,
                method: method,
                progress: { progress.show($0) }
            )
        }
        if self.output.json { return try Output.json(backtest) }
        self.show(backtest, why)
    }

    /// When runs happen, and why then: by the option, otherwise by the schedule in force.
    private func runs() throws -> (RunTimes, why: String) {
        if let interval = (self.sweepEvery ?? self.runEvery)?.duration {
            guard interval >= .seconds(1) else {
                throw UnstickError(.invalidArgument, "--run-every must be 1s or more.")
            }
            return (.every(interval), "every \(interval.text), by --run-every")
        }
        let cleanup = try CleanupSettings(Settings())
        guard let schedule = cleanup.schedule else {
            let interval = CleanupHealth.standardInterval
            return (
                .every(interval), "every \(interval.text): CLEANUP_SCHEDULE is off; --run-every sets another interval"
            )
        }
        return (.schedule(schedule, cleanup.zone), "'\(schedule)' (\(cleanup.zone.name)), the schedule in force")
    }

    private func show(_ backtest: Backtest, _ why: String) {
        var table = Table(
            .text("policy"),
            .number("over"),
            .number("killed"),
            .number("share"),
            .number("wait"),
            .number("found"),
            .number("p50"),
            .number("p99")
        )
        for replay in backtest.replays {
            table.add(
                replay.name,
                replay.pastLimit.grouped,
                replay.killed.grouped,
                Self.percent(replay.killedShare),
                replay.meanIfHung?.text ?? (replay.good == 0 ? "-" : "never"),
                replay.found.count.grouped,
                replay.found.count > 0 ? replay.found.quantile(0.5).text : "-",
                replay.found.count > 0 ? replay.found.quantile(0.99).text : "-"
            )
        }
        table.print()
        let first = backtest.replays[0]
        Output.line()
        Output.line("\(first.good.of("good job")), \(first.hung.grouped) that never ended, until \(backtest.end).")
        if first.unknown > 0 {
            Output.line(
                "\(first.unknown.of("job")) timed out. Whether a worker would have completed it is not recorded,"
            )
            Output.line("so a refund for such a job counts as unknown, neither correct nor incorrect.")
        }
        Output.line("Runs: \(why).")
        for text in Self.legend { Output.line(text) }
        Output.line(
            "\(first.name): \(first.tokensRefundedRightly.of("token")) refunded correctly, "
                + "\(first.tokensRefundedWrongly.grouped) incorrectly, \(first.tokensRefundedUnknown.grouped) unknown."
        )
        guard !first.killedJobs.isEmpty, self.limit > 0 else { return }
        Output.line()
        var killed = Table(
            .text("killed job"),
            .text("kind"),
            .text("tier"),
            .number("took"),
            .number("limit"),
            .number("tokens")
        )
        for job in first.killedJobs.prefix(self.limit) {
            killed.add(job.id, job.kind, job.tier ?? "-", job.duration.text, job.limit.text, job.refunded.grouped)
        }
        killed.print()
        if first.killed > self.limit {
            Output.line("\(self.limit.grouped) of \(first.killed.grouped); --limit shows more.")
        }
    }

    private static let legend = [
        "over    good jobs that ran longer than their limit",
        "killed  good jobs that a run would have ended",
        "wait    the mean time until a run finds a job that hangs from its start",
        "found   jobs that never ended and were found: half by p50, 99 % by p99",
        "one, by hindsight   the shortest single limit that kills no more good jobs,",
        "        computed from the tested jobs themselves: not available in advance",
    ]

    /// A share with enough digits for small ones.
    private static func percent(_ share: Double) -> String {
        let tenThousandths = (share * 1_000_000).rounded() / 10_000
        return "\(tenThousandths) %"
    }
}
