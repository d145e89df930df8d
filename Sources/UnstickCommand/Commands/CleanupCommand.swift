import ArgumentParser
import Unstick

struct CleanupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Fails the stuck jobs and gives their users the tokens back."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: "From which age on an attempt is stuck, in place of what the policy says: 90s, 5m, 1h30m.",
        transform: DurationArgument.init(parsing:)
    )
    var timeout: DurationArgument?
    @Option(help: "How many jobs a pass takes, and with --drain a batch: 1 to 10,000. Else 100; a drain goes by time.")
    var batchSize: Int?
    @Flag(help: "Say what would be done, and change nothing.")
    var dryRun = false
    @Flag(help: "Go on, batch by batch, until nothing is stuck.")
    var drain = false
    @Flag(help: "Go on although most of the running jobs look stuck at once.")
    var force = false

    /// How many jobs are listed for people; the run's record has them all.
    private static let listed = 20

    func run() async throws {
        let policy = PolicySource(try self.policy.read())
        let store = try await self.database.open()
        let options = CleanupOptions(
            timeout: self.timeout?.duration,
            dryRun: self.dryRun,
            batchSize: self.batchSize,
            drain: self.drain,
            force: self.force
        )
        let monitor = self.dryRun ? nil : try HeartbeatOptions.fromEnvironment()
        let (cleaner, stop) = (Cleaner(store: store, policy: policy, logger: try .command), StopSignal())
        let result: CleanupResult
        do {
            result = try await stop.watching {
                try await HeartbeatOptions.observed(by: monitor) { try await Self.clean(cleaner, options) }
            }
        } catch is CancellationError where stop.hasCome {
            stop.tell("What was cleaned is recorded: 'unstick runs' shows it. To go on, run the same command again.")
            throw stop.exitCode
        }
        if self.output.json { try Output.json(result) } else { self.show(result) }
        if stop.hasCome, result.more {
            stop.tell(
                "This run is recorded and has \(result.dryRun ? "changed nothing" : "cleaned \(result.cleanedUp.of("job"))"); the "
                    + "others stay as they were. To go on with them, run the same command again."
            )
            throw stop.exitCode
        }
        if result.failed > 0 || (result.held != nil && !result.dryRun) { throw Exit.incomplete }
    }

    private static func clean(_ cleaner: Cleaner, _ options: CleanupOptions) async throws -> CleanupResult {
        let bar = ProgressBar()
        defer { bar.end() }
        return try await cleaner.cleanupStuckJobs(options, trigger: .cli) { progress in
            guard options.drain else { return }
            bar.show(
                progress.done,
                of: progress.total,
                "\(progress.done.grouped) of \(progress.total.of("job")), \(progress.tokensRefunded.of("token"))"
            )
        }
    }

    private func show(_ result: CleanupResult) {
        let cleaned = result.jobs.filter { $0.error == nil }
        if !cleaned.isEmpty {
            var table = Table(.text("job"), .text("user"), .number("tokens back"), .number("ran for"))
            for job in cleaned.prefix(Self.listed) {
                table.add(job.id, job.userID, job.tokensRefunded.grouped, job.processingDuration.text)
            }
            table.print()
            if cleaned.count > Self.listed {
                Output.line("… and \((result.totalFound - result.failed - Self.listed).grouped) more")
            }
            Output.line()
        }
        for error in result.errors.prefix(Self.listed) {
            Output.line(Style.error.paint("error: job \(error.jobID): \(error.error)"))
        }
        let bad = result.failed > 0 || (result.held != nil && !result.dryRun)
        Output.line((bad ? Style.error : Style.good).paint(result.message))
        if result.failed > 0 { Output.line("\(result.failed.of("job")) could not be cleaned and stay as they were.") }
        if result.dryRun, result.held != nil {
            Output.line("A real pass would be held by the guard; --force lets it through.")
        }
        if result.retried > 0 {
            Output.line("\(result.retried.of("job")) \(result.dryRun ? "would be" : "will be") tried again.")
        }
        if result.quarantined > 0 {
            Output.line(
                "\(result.quarantined.of("job")) timed out too often and \(result.dryRun ? "would be" : "are") parked."
            )
        }
        if result.more { Output.line("More jobs are stuck; --drain takes them all.") }
        Output.line(Style.quiet.paint("Run \(result.runID)"))
    }
}
