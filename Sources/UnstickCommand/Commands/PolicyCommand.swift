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
            let (policy, warnings) = try PolicyFile(path: self.file).read()
            if self.output.json { return try Output.json(policy) }
            for warning in warnings { Output.line("Warning: \(warning)") }
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
                return self.output.json ? try Output.json(rule) : Self.table([rule])
            }
            if self.tier != nil { throw UnstickError(.invalidArgument, "--tier needs --kind.") }
            if self.output.json { return try Output.json(policy) }
            Output.line(
                self.policy.file.map { "From \($0.path); the first rule that matches holds." } ?? "The standard policy."
            )
            Output.line()
            Self.table(policy.allRules)
            let limits = policy.massFailureGuard
            Output.line()
            Output.line(
                "A pass is held when at least \(limits.minimum.grouped) jobs and more than \(Int(limits.share * 100)) % of the "
                    + "running ones look stuck"
                    + (limits.maxRefund.map { ", or when it would give back more than \($0.of("token"))." } ?? ".")
            )
        }

        private static func table(_ rules: [Rule]) {
            var table = Table(
                .text("rule"),
                .text("kind"),
                .text("tier"),
                .number("timeout"),
                .number("heartbeat"),
                .number("pending"),
                .number("deadline"),
                .number("attempts"),
                .text("refund"),
                .number("quarantine"),
                .text("late")
            )
            for rule in rules {
                table.add(
                    rule.name,
                    rule.kinds.isEmpty ? "*" : rule.kinds.map(\.description).joined(separator: ", "),
                    rule.tiers.isEmpty ? "*" : rule.tiers.map(\.description).joined(separator: ", "),
                    rule.timeout?.text ?? "-",
                    rule.heartbeatTimeout?.text ?? "-",
                    rule.pendingTimeout?.text ?? "-",
                    rule.deadline?.text ?? "-",
                    String(rule.retry.attempts),
                    rule.refund.rawValue,
                    rule.quarantine.map { String($0) } ?? "-",
                    rule.onLateCompletion.rawValue
                )
            }
            table.print()
        }
    }
}
