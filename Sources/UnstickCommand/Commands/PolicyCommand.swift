import ArgumentParser
import Unstick

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check and show the rules that define when a job is stuck and what happens then.",
        subcommands: [Check.self, Show.self]
    )

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a policy file and report every error in it."
        )

        @Argument(help: "The YAML file.")
        var file = PolicyFile.standard
        @OptionGroup var output: OutputOptions

        func run() throws {
            let contents = try PolicyFile(path: self.file).read()
            let policy = contents.policy
            if self.output.json { return try Output.json(policy) }
            for warning in contents.warnings { Output.line("Warning: \(warning)") }
            Output.line("\(self.file) is valid: \(policy.rules.count.of("rule")) and the defaults.", .good)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the policy in force.")

        @OptionGroup var policy: PolicyOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only the rule that applies to jobs of this kind.")
        var kind: String?
        @Option(help: "With --kind: only the rule for this tier.")
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
                try self.policy.file.map { "From \($0.path). The first matching rule applies." }
                    ?? "The standard policy."
            )
            if let timeout = try CleanupSettings(Settings()).timeout {
                Output.line("CLEANUP_TIMEOUT sets every timeout to \(timeout.text), whatever the rules say.")
            }
            Output.line()
            Self.show(policy.allRules)
            Output.line()
            Output.line(policy.massFailureGuard.sentence)
        }

        private static func show(_ rules: [Rule]) {
            for rule in rules {
                Output.parts((rule.name, .heading), (": \(rule.appliesTo ?? "every job")", nil))
                for line in rule.lines { Output.line("  " + line) }
            }
        }
    }
}
