import ArgumentParser
import Unstick

struct StuckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stuck",
        abstract: "List the jobs that are stuck now, oldest first. Changes nothing."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help:
            "The age at which an attempt is stuck. Replaces the policy's timeout: 90s, 5m, 1h30m (CLEANUP_TIMEOUT).",
        transform: DurationArgument.init(parsing:)
    )
    var timeout: DurationArgument?
    @Option(help: "The largest number of jobs to list, 1 to 10,000.")
    var limit = 100

    func run() async throws {
        let store = try await self.database.openToRead()
        let policy = PolicySource(try self.policy.read())
        try store.check(policy.current)
        try await store.notePause()
        let report = try await Cleaner(store: store, policy: policy, logger: try .command)
            .stuckReport(timeout: self.timeout?.duration, limit: self.limit)
        if self.output.json { return try Output.json(report) }
        guard report.totalFound > 0 else {
            guard let held = report.heldCount else {
                return Output.line("No stuck jobs: no job is over the limit of its rule.")
            }
            let are = held == 1 ? "is" : "are"
            return Output.line("No other stuck jobs; \(held.grouped) \(are) held: 'unstick holds' shows why.")
        }
        // The column of the rule is shown only if there is more than one.
        let showsRule = Set(report.jobs.map(\.stuckReason.rule)).count > 1
        var table = Table(
            [.whole("job"), .text("user"), .text("kind"), .text("tier"), .number("tokens"), .number("stuck")]
                + (showsRule ? [.text("rule")] : []) + [.text("would be")]
        )
        for job in report.jobs {
            table.add(
                [job.id, job.userID, job.kind, job.tier ?? "-", job.tokensCost < 0 ? "?" : job.tokensCost.grouped]
                    + [job.stuckFor == .zero ? "-" : job.stuckReason.text]
                    + (showsRule ? [job.stuckReason.rule] : []) + [job.action.text]
            )
        }
        table.print()
        let problems = Dictionary(grouping: report.jobs.compactMap(\.problem)) { $0 }
        for (problem, jobs) in problems.sorted(by: { $0.key < $1.key }) {
            Output.line()
            Output.line("Would be skipped (\(jobs.count.of("job"))): \(problem)")
        }
        let charged = report.jobs.reduce(0) { $0 + max($1.tokensCost, 0) }
        let owed = report.jobs.reduce(0) { $0 + $1.tokensOwed }
        Output.line()
        Output.line(
            report.jobs.count < report.totalFound
                ? "The oldest \(report.jobs.count.grouped) of \(report.totalFound.of("stuck job")); --limit shows more."
                : "\(report.totalFound.of("stuck job")), \(charged.of("token")) charged."
        )
        if let held = report.heldCount {
            Output.line("\(held.grouped) more \(held == 1 ? "is" : "are") held: 'unstick holds' shows why.")
        }
        if let waiting = report.waiting {
            Output.line(
                "\(waiting.grouped) of them \(waiting == 1 ? "waits" : "wait") for a second look: a run ends what it finds "
                    + "twice, one limit apart and unchanged."
            )
        }
        if let reason = report.refused {
            Output.line("'unstick cleanup' would not start. \(reason)")
        } else if let reason = report.held {
            Output.line("'unstick cleanup' would hold jobs, or be held. \(reason)")
        } else if report.jobs.count == report.totalFound, report.waiting == nil {
            Output.line("'unstick cleanup' refunds \(owed.grouped).")
        }
    }
}
