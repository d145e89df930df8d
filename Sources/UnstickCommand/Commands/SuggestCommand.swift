import ArgumentParser
import Foundation
import Unstick
import UnstickLearning

struct SuggestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggest",
        abstract: "Suggest a timeout for each kind and tier from the durations of completed jobs.",
        discussion: """
            A limit is a quantile of the durations of completed jobs, times a factor, rounded up. Kinds and tiers with too \
            few jobs, and the defaults, only get a longer limit. --write shows what changes in the policy file and what \
            stays, puts the limits into the file, and keeps everything else in it, including comments.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var learning: LearningOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only jobs created since this time, such as 2026-03-01T00:00:00Z, or within this age, such as 30d.")
    var since: String?
    @Flag(help: "Write the suggested timeouts into the policy file. Creates it if it does not exist.")
    var write = false

    func run() async throws {
        let method = try self.learning.method()
        let policy = try self.policy.written(orNone: self.write)
        let store = try await self.database.openToRead()
        let since = try await LearningOptions.time(self.since, of: "--since", in: store)
        let progress = ReadingProgress()
        let (learned, _) = try await progress.watching {
            try await store.pastJobs(since: since, into: (LearnedDurations(policy: policy), 0)) { state, job in
                state.0.see(job)
                state.1 += 1
                progress.show(state.1)
            }
        }
        let suggestions = Suggestions(learned, policy: policy, method: method)
        if self.output.json { try Output.json(suggestions) } else { self.show(suggestions, learned) }
        if self.write { try self.change(policy, by: suggestions) }
    }

    /// Shows what changes in the policy file and what stays, and writes it.
    private func change(_ policy: Policy, by suggestions: Suggestions) throws {
        let say = self.output.json ? Output.note : Output.line
        guard !suggestions.lines.allSatisfy({ $0.basis == .tooFew }) else {
            throw UnstickError(.invalidInput, "There is not enough history: nothing was written.")
        }
        let file = try self.policy.file ?? PolicyFile(path: PolicyFile.standard)
        let change = try PolicyChange(of: file, by: suggestions)
        if !self.output.json { Output.line() }
        if !change.isEmpty { say("Changes in \(file.path):", .heading) }
        Output.diff(LineDiff(from: change.before, to: change.after), to: say)
        let leftAlone = LimitsLeftAlone(suggestions, before: policy, after: change.policy)
        if !leftAlone.lines.isEmpty { say("Left alone:", .heading) }
        for line in leftAlone.lines { say("  " + line, nil) }
        if change.isEmpty {
            return say(
                suggestions.limits.isEmpty
                    ? "No limit needs a change: nothing was written." : "\(file.path) already has these timeouts.",
                nil
            )
        }
        try change.write()
        say("Wrote \(file.path). \(Self.afterwards)", nil)
    }

    /// What to do after the file is written.
    private static let afterwards =
        "Commands read the file each time. A running server keeps its rules until it reloads the file: send it SIGHUP, or "
        + "call POST /api/admin/policy/reload."

    private func show(_ suggestions: Suggestions, _ learned: LearnedDurations) {
        guard learned.all.count > 0 else {
            return Output.line("No job is completed yet, so there is nothing to learn from.")
        }
        var table = Table(
            .text("kind"),
            .text("tier"),
            .number("completed"),
            .number("median"),
            .number("p99"),
            .number("p99.9"),
            .number("slowest")
        )
        var limits = Table(
            .text("kind"),
            .text("tier"),
            .text("rule"),
            .number("limit"),
            .number("kills"),
            .number("suggested"),
            .number("kills"),
            .number("bound")
        )
        for line in suggestions.lines {
            let (kind, tier) = (line.group.kind ?? "all", line.group.tier ?? "-")
            let durations = line.durations
            table.add(
                kind,
                tier,
                durations.count.grouped,
                durations.quantile(0.5).text,
                durations.quantile(0.99).text,
                durations.quantile(0.999).text,
                durations.slowest.text
            )
            limits.add(
                kind,
                tier,
                line.rule,
                line.limit?.text ?? "none",
                line.killed.grouped,
                line.suggested.map { $0.text + line.mark } ?? "-",
                line.suggested == nil ? "-" : line.killedBySuggestion.grouped,
                line.boundOneIn.map { "1 in \($0.grouped)" } ?? "-"
            )
        }
        table.print()
        Output.line()
        limits.print()
        Output.line()
        for text in self.legend(suggestions, learned) { Output.line(text) }
        guard isatty(STDOUT_FILENO) == 1 else { return }
        Output.line()
        for line in suggestions.lines { Output.line(DurationChart(line).text) }
    }

    private func legend(_ suggestions: Suggestions, _ learned: LearnedDurations) -> [String] {
        let method = suggestions.method
        let bases = Set(suggestions.lines.filter { $0.group != .all }.map(\.basis))
        return [
            "suggested: \(method.quantile * 100) % of the completed jobs took at most this long, times \(method.factor).",
            "kills: the number of completed jobs that this limit would have killed.",
            "bound: the share of later good jobs that the suggestion may lose;",
            "       n completed jobs support 1 in n + 1, whatever the distribution.",
            bases.contains(.all) ? "¹ too few jobs of this kind; the limit of all jobs is used." : nil,
            bases.contains(.slowest)
                ? "² too few jobs for \(method.quantile * 100) %; the slowest of them times \(method.factor)." : nil,
            suggestions.lines.contains { $0.basis == .kept }
                ? "-: the limit in force stays: too few jobs for a shorter one, or the defaults." : nil,
            bases.isDisjoint(with: [.all, .slowest, .kept])
                ? nil
                : "A limit of its own needs \(method.minimumOwnJobs.grouped) completed jobs; fewer with --quantile 0.999.",
            bases.contains(.tooFew)
                ? "Not enough history: a limit needs \(method.minimumJobs.of("completed job")) (--minimum-jobs)." : nil,
            learned.withoutDuration > 0
                ? "\(learned.withoutDuration.of("completed job")) skipped: start or end is missing or invalid."
                : nil,
            learned.groups.count >= LearnedDurations.mostGroups
                ? "More than \(LearnedDurations.mostGroups.grouped) kinds and tiers: the rest count only in the limit of all jobs."
                : nil,
        ].compactMap { $0 }
    }
}

extension Suggestions.Line {
    /// The mark of a limit that is not based on the jobs of its own line.
    fileprivate var mark: String {
        switch self.basis {
        case .own, .kept, .tooFew: ""
        case .all: self.group == .all ? "" : "¹"
        case .slowest: "²"
        }
    }
}
