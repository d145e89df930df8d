import ArgumentParser
import Configuration
import Unstick

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server: the API, the admin UI and the scheduled cleanup.",
        discussion: """
            Every option can also be set in the environment or in a YAML file; --print-config lists the names. Flags \
            override the environment, and the environment overrides the file.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The address to listen on (HOST).")
    var host: String?
    @Option(help: "The port to listen on; 0 takes a free one and prints it (PORT).")
    var port: String?
    @Option(help: "The cleanup schedule: a cron expression, or off (CLEANUP_SCHEDULE).")
    var schedule: String?
    @Option(help: "The time zone of the schedule (CLEANUP_ZONE).")
    var zone: String?
    @Option(help: "The age at which an attempt is stuck (CLEANUP_TIMEOUT).")
    var timeout: String?
    @Option(help: "The number of jobs in a batch (CLEANUP_BATCH_SIZE).")
    var batchSize: String?
    @Option(help: "A YAML file with settings.")
    var config: String?
    @Flag(help: "Print the settings in force, with secrets masked, and exit.")
    var printConfig = false

    func run() async throws {
        var flags = self.database.flags
        flags.merge([
            .policy: self.policy.policy, .host: self.host, .port: self.port, .schedule: self.schedule,
            .zone: self.zone, .timeout: self.timeout, .batchSize: self.batchSize,
        ]) { $1 }
        let settings = try Settings(flags: flags, file: self.config)
        if self.printConfig { return try settings.show(asJSON: self.output.json) }
        var checked = try ServeSettings(settings)
        checked.database.allowsFullScan = self.database.fullScan
        try await ServerRunner(settings: checked).run()
    }
}
