import ArgumentParser
import Unstick

struct CleanupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Fail or retry stuck jobs and refund their users."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help:
            "The age at which an attempt is stuck. Replaces the policy's timeout: 90s, 5m, 1h30m (CLEANUP_TIMEOUT).",
        transform: DurationArgument.init(parsing:)
    )
    var timeout: DurationArgument?
    @Option(
        help: """
            The number of jobs in a run, or with --drain in a batch: 1 to 10,000 (CLEANUP_BATCH_SIZE). Default: 100; with \
            --drain, the batch size adapts to the time a batch takes.
            """
    )
    var batchSize: Int?
    @Option(help: "Only jobs of this kind. Can be repeated.")
    var kind: [String] = []
    @Flag(help: "Show what a run would do. Changes no job, balance or ledger.")
    var dryRun = false
    @Flag(help: "Run batch after batch until nothing is stuck.")
    var drain = false
    @Flag(help: "Run although the guard would hold jobs, or cleanup is paused. Jobs of open holds stay held.")
    var force = false

    /// How many jobs the output lists; the run's record has all of them.
    private static let listed = 20

    func run() async throws {
        let policy = PolicySource(try self.policy.read())
        let store = try await self.database.open()
        let options = CleanupOptions(
            timeout: self.timeout?.duration,
            dryRun: self.dryRun,
            batchSize: try self.batchSize ?? CleanupSettings(Settings()).batchSize,
            drain: self.drain,
            force: self.force,
            kinds: self.kind
        )
        let monitor = self.dryRun ? nil : try HeartbeatOptions.fromEnvironment()
        let stop = StopSignal()
        let result: CleanupResult
        do {
            result = try await stop.watching {
                try await HeartbeatOptions.pinging(monitor) { observer in
                    try await Self.clean(
                        self.actor.administration(of: store, policy: policy, observer: observer),
                        options
                    )
                }
            }
        } catch is CancellationError where stop.hasCome {
            stop.report("'unstick runs' shows what was cleaned. To continue, run the same command again.")
            throw stop.exitCode
        }
        if self.output.json { try Output.json(result) } else { self.show(result) }
        if stop.hasCome, result.more {
            stop.report(
                "This run \(result.dryRun ? "changed nothing" : "cleaned \(result.cleanedUp.of("job"))"); the "
                    + "other jobs are unchanged. To continue, run the same command again."
            )
            throw stop.exitCode
        }
        if Self.isIncomplete(result) { throw Exit.incomplete }
    }

    /// Whether an operator must check the run, so that a timer's call fails.
    private static func isIncomplete(_ result: CleanupResult) -> Bool {
        result.failed > 0 || result.attention != nil || result.isPaused && !result.dryRun
    }

    private static func clean(
        _ administration: Administration,
        _ options: CleanupOptions
    ) async throws -> CleanupResult {
        let bar = ProgressBar()
        defer { bar.end() }
        return try await administration.cleanUp(options) { progress in
            guard options.drain else { return }
            bar.show(
                progress.done,
                of: progress.total,
                "\(progress.done.grouped) of \(progress.total.of("job")), \((progress.tokensRefunded + progress.tokensOwed).of("token"))"
            )
        }
    }

    private func show(_ result: CleanupResult) {
        let cleaned = result.jobs.filter { $0.error == nil }
        if !cleaned.isEmpty {
            var table = Table(
                .text("job"),
                .text("user"),
                .number(result.dryRun ? "would refund" : "refunded"),
                .number("ran for")
            )
            for job in cleaned.prefix(Self.listed) {
                table.add(
                    job.id,
                    job.userID,
                    (job.tokensOwed ?? job.tokensRefunded).grouped,
                    job.processingDuration.text
                )
            }
            table.print()
            if cleaned.count > Self.listed {
                Output.line("… and \((result.totalFound - result.failed - Self.listed).grouped) more")
            }
            Output.line()
        }
        for error in result.errors.prefix(Self.listed) {
            Output.line(TerminalText.line("error: job \(error.jobID): \(error.error)"), .error)
        }
        Output.line(result.message, Self.isIncomplete(result) ? .error : .good)
        if result.dryRun { Output.line("Would refund \(result.tokensOwed.of("token")).") }
        if result.failed > 0 {
            Output.line(
                "\(result.failed.of("job")) could not be cleaned and \(result.failed == 1 ? "is" : "are") unchanged."
            )
        }
        if result.dryRun, let reason = result.held {
            let outcome = result.waitsForSchedule ? "A real run would be held." : "A real run would hold jobs."
            Output.line("\(outcome) \(reason)")
        }
        if self.force, result.heldCount > 0 {
            Output.line("--force releases no open hold. 'unstick holds approve ID' does.")
        }
        if let refused = result.refused { Output.line("A real run would not start. \(refused)", .error) }
        if result.retried > 0 {
            Output.line("\(result.retried.of("job")) \(result.dryRun ? "would be" : "will be") retried.")
        }
        if result.quarantined > 0 {
            Output.line(
                "\(result.quarantined.of("job")) timed out too often and \(result.dryRun ? "would be" : "are") quarantined."
            )
        }
        // A held run would also be held with a larger batch.
        if result.more, result.held == nil {
            Output.line(
                self.drain ? "More jobs are stuck; run it again." : "More jobs are stuck; --drain cleans them all."
            )
        }
        Output.line("Run \(result.runID)", .quiet)
    }
}
