import ArgumentParser
import Unstick

/// The root of the command line.
struct UnstickCommand: AsyncParsableCommand {
    static let version = UnstickVersion.current

    static let configuration = CommandConfiguration(
        commandName: "unstick",
        abstract: "Find jobs that will never finish, fail or retry them, and refund their users.",
        discussion: """
            Exit codes: 0 done; 1 some jobs could not be cleaned, the run was held or refused, a hold needs an \
            operator, the job, run, hold or webhook does not exist, reconcile found a mismatch, doctor an error, status a problem, or the receiver refused a \
            webhook's test; 2 wrong use, or input that cannot be read; 3 the database cannot be reached, or does not \
            have the tables of this version; 130 or 143 stopped by Ctrl-C or SIGTERM.
            """,
        version: version,
        subcommands: [
            ServeCommand.self, StatusCommand.self, CleanupCommand.self, StuckCommand.self, JobsCommand.self,
            RunsCommand.self,
            TokensCommand.self, GrantCommand.self, TokenCommand.self, WebhookCommand.self, PolicyCommand.self,
            SuggestCommand.self,
            BacktestCommand.self, HoldsCommand.self, PauseCommand.self, ResumeCommand.self, ImportCommand.self,
            ReconcileCommand.self,
            MigrateCommand.self, DoctorCommand.self, MappingCommand.self, FenceCommand.self, SampleCommand.self,
            ScheduleCommand.self,
            VersionCommand.self,
        ]
    )

    /// Earlier names of commands, which are accepted and not documented.
    private static let earlierNames = ["token": "key", "tokens": "balance"]

    /// Parses the arguments of a call, with earlier names of commands accepted.
    static func parseCall(_ arguments: [String]) throws -> any ParsableCommand {
        var arguments = arguments
        let place = arguments.first == "help" ? 1 : 0
        if place < arguments.count { arguments[place] = self.earlierNames[arguments[place]] ?? arguments[place] }
        return try self.parseAsRoot(arguments)
    }
}

/// Options of every command.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON and nothing else on standard output.")
    var json = false
}
