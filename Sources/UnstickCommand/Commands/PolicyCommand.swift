import ArgumentParser
import Unstick

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Checks and shows the rules that say when a job is stuck and what happens then.",
        subcommands: [Check.self, Show.self]
    )

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads a policy file and says all that is wrong with it."
        )

        @Argument(help: "The YAML file.")
        var file = PolicyFile.standard
        @OptionGroup var output: OutputOptions

        func run() throws {
            let contents = try PolicyFile(path: self.file).read()
            let policy = contents.policy
            if self.output.json { return try Output.json(policy) }
            for warning in contents.warnings { Output.line("Warning: \(warning)") }
            Output.line(Style.good.paint("\(self.file) is right: \(policy.rules.count.of("rule")) and the defaults."))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the policy in force.")

        @OptionGroup var policy: PolicyOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only the rule that holds for jobs of this kind.")
        var kind: String?
        @Option(help: "With --kind: and of this tier.")
        var tier: String?

        func run() throws {
            let policy = try self.policy.read()
            if let kind {
                let rule = policy.rule(kind: kind, tier: self.tier)
                return self.output.json ? try Output.json(rule) : Self.show([rule])
            }
            if self.tier != nil { throw UnstickError(.invalidArgument, "--tier needs --kind.") }
            if self.output.json { return try Output.json(policy) }
            Output.line(
                self.policy.file.map { "From \($0.path); the first rule that matches holds." } ?? "The standard policy."
            )
            Output.line()
            Self.show(policy.allRules)
            let limits = policy.massFailureGuard
            Output.line()
            Output.line(
                "A pass is held when at least \(limits.minimum.grouped) jobs and more than \(Int(limits.share * 100)) % of the "
                    + "running ones look stuck"
                    + (limits.maxRefund.map { ", or when it would give back more than \($0.of("token"))." } ?? ".")
            )
        }

        private static func show(_ rules: [Rule]) {
            for rule in rules {
                let whose = [("kind", rule.kinds), ("tier", rule.tiers)].filter { !$1.isEmpty }.map { name, patterns in
                    "\(name) \(patterns.map(\.description).joined(separator: " or "))"
                }
                let jobs = whose.isEmpty ? "every job" : whose.joined(separator: ", ")
                Output.line("\(Style.heading.paint(rule.name)): \(jobs)")
                for line in rule.words { Output.line("  " + line) }
            }
        }
    }
}

extension Rule {
    /// What the rule says, a line for each thing that is not as by default.
    fileprivate var words: [String] {
        let limits = [
            ("running", self.timeout), ("silent", self.heartbeatTimeout), ("waiting", self.pendingTimeout),
            ("altogether", self.deadline),
        ].compactMap { name, limit in limit.map { "\(name) \($0.text)" } }
        let retry =
            self.retry.attempts == 1
            ? "tried once"
            : "tried \(self.retry.attempts) times, after \(self.retry.backoff.text) to \(self.retry.cap.text)"
        let refund =
            switch self.refund {
            case .full: "then all tokens back"
            case .none: "then no tokens back"
            case .byProgress: "then tokens back for what was not done"
            }
        return [
            limits.isEmpty ? "never stuck: no limit is set" : "at most " + limits.joined(separator: ", "),
            "\(retry), \(refund)",
            self.quarantine.map { "parked after \($0.of("timeout"))" },
            self.onLateCompletion == .accept ? "late completions are taken, and charged again" : nil,
        ].compactMap { $0 }
    }
}
