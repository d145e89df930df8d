import ArgumentParser
import Unstick

/// The root of the command line.
struct UnstickCommand: AsyncParsableCommand {
    static let version = UnstickVersion.current

    static let configuration = CommandConfiguration(
        commandName: "unstick",
        abstract: "Finds jobs that will never finish, fails them, and gives their users the tokens back.",
        discussion: """
            Exit codes: 0 done; 1 some jobs could not be cleaned, the pass was held, or reconcile found a mismatch; \
            2 wrong use; 3 the database cannot be reached; 130 stopped by Ctrl-C.
            """,
        version: version,
        subcommands: [
            ServeCommand.self, StatusCommand.self, CleanupCommand.self, StuckCommand.self, JobsCommand.self,
            RunsCommand.self,
            TokensCommand.self, GrantCommand.self, TokenCommand.self, WebhookCommand.self, PolicyCommand.self,
            SuggestCommand.self,
            BacktestCommand.self, PauseCommand.self, ResumeCommand.self, ImportCommand.self, ReconcileCommand.self,
            MigrateCommand.self, DoctorCommand.self, MappingCommand.self, FenceCommand.self, SampleCommand.self,
            ScheduleCommand.self,
            VersionCommand.self,
        ]
    )
}

/// Options that every command takes.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON and nothing else on standard output.")
    var json = false
}
