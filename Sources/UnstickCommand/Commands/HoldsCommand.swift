import ArgumentParser
import Unstick

struct HoldsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holds",
        abstract: "Show jobs that no run changes until an operator decides, and decide.",
        subcommands: [ListHolds.self, ShowHold.self, ApproveHold.self, ClearHold.self],
        defaultSubcommand: ListHolds.self
    )
}

private struct ListHolds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the open holds.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Also list the holds that are approved, cleared or ended.")
    var all = false

    /// The most holds in the list.
    private static let most = 100

    func run() async throws {
        let store = try await self.database.open()
        let holds = try await store.holds(self.all ? nil : .open, limit: Self.most)
        // A timer's call fails until an operator has looked.
        try await store.markHoldsSeen()
        if self.output.json { return try Output.json(["holds": holds]) }
        guard !holds.isEmpty else { return Output.line(self.all ? "There are no holds." : "No hold is open.") }
        let now = try await store.now()
        var table = Table(.whole("hold"), .number("age"), .whole("state"), .whole("jobs"), .text("why"))
        for hold in holds {
            table.add(hold.id, max(.zero, now - hold.openedAt).text, hold.state.rawValue, hold.subject, hold.reason)
        }
        table.print()
        guard holds.contains(where: { $0.state == .open }) else { return }
        Output.line()
        Output.line(
            "'unstick holds approve ID' lets runs clean the jobs, 'unstick holds clear ID' lets runs judge them anew."
        )
    }
}

private struct ShowHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a hold with its jobs.")

    @Argument(help: "The hold's id.")
    var id: String
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The most jobs to list, 1 to 500.")
    var limit = 50

    func run() async throws {
        guard 1...Limits.page ~= self.limit else {
            throw UnstickError(.invalidArgument, "--limit must be from 1 to \(Limits.page).")
        }
        let store = try await self.database.open()
        guard let hold = try await store.hold(self.id) else { throw UnstickError.noHold(self.id) }
        try await store.markHoldsSeen()
        let jobs = try await store.heldJobs(of: self.id, limit: self.limit)
        if self.output.json { return try Output.json(HoldDetail(hold: hold, jobs: jobs)) }
        let now = try await store.now()
        let decided = hold.decidedBy.map { " by \($0)" } ?? ""
        Output.line("Hold \(hold.id), opened \(hold.openedAt.ago(now)): \(hold.state.rawValue)\(decided)")
        Output.line("\(hold.subject). \(hold.reason)")
        guard !jobs.isEmpty else { return }
        Output.line()
        var table = Table(
            .text("job"),
            .text("user"),
            .text("kind"),
            .text("worker"),
            .number("attempt"),
            .number("cost"),
            .number("age")
        )
        for job in jobs {
            table.add(
                job.jobID,
                job.userID,
                job.kind,
                job.worker ?? "-",
                job.attempt.grouped,
                job.tokensCost.grouped,
                max(.zero, now - job.since).text
            )
        }
        table.print()
        if hold.jobs > jobs.count { Output.line("The oldest \(jobs.count.grouped) of \(hold.jobs.of("job")).") }
    }
}

private struct ApproveHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let runs clean the jobs of a hold, for a day."
    )

    @OptionGroup var decision: HoldDecisionOptions
    @OptionGroup var policy: PolicyOptions

    func run() async throws {
        let policy = PolicySource(try self.policy.read())
        try await self.decision.run(policy: policy, "The next run cleans its jobs.") { try await $0.approveHold($1) }
    }
}

private struct ClearHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "End a hold: runs judge its jobs anew."
    )

    @OptionGroup var decision: HoldDecisionOptions

    func run() async throws {
        try await self.decision.run("The next run judges its jobs anew.") { try await $0.clearHold($1) }
    }
}

/// What both decisions need.
private struct HoldDecisionOptions: ParsableArguments {
    @Argument(help: "The hold's id.")
    var id: String
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions

    func run(
        policy: PolicySource = PolicySource(),
        _ next: String,
        _ decide: (Administration, String) async throws -> Administration.HoldDecision
    ) async throws {
        let store = try await self.database.open()
        switch try await decide(self.actor.administration(of: store, policy: policy), self.id) {
        case .decided(let hold):
            if self.output.json { return try Output.json(hold) }
            Output.line("The hold is \(hold.state.rawValue). \(next)")
        case .refused(let hold): throw UnstickError(.conflict, hold.refusal)
        case .missing: throw UnstickError.noHold(self.id)
        }
    }
}

extension Hold {
    /// What it stops, in a few words.
    fileprivate var subject: String { self.kind.map { "all stuck jobs of '\($0)'" } ?? self.jobs.of("job") }
}

extension UnstickError {
    fileprivate static func noHold(_ id: String) -> UnstickError {
        UnstickError(.notFound, "There is no hold '\(id)'. Give the whole id; 'unstick holds --all' lists the holds.")
    }
}
