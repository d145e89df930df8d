import ArgumentParser
import Configuration
import Unstick

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the server: the API, and the cleanup on a schedule.",
        discussion: """
            Every option can also be set in the environment or in a YAML file; see --print-config for the names. Flags \
            come before the environment, and that before the file.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The address to listen on (HOST).")
    var host: String?
    @Option(help: "The port to listen on; 0 takes a free one and says which (PORT).")
    var port: String?
    @Option(help: "When to clean: a cron expression, or off (CLEANUP_SCHEDULE).")
    var schedule: String?
    @Option(help: "The time zone of the schedule (CLEANUP_ZONE).")
    var zone: String?
    @Option(help: "From which age on an attempt is stuck (CLEANUP_TIMEOUT).")
    var timeout: String?
    @Option(help: "How many jobs a batch takes (CLEANUP_BATCH_SIZE).")
    var batchSize: String?
    @Option(help: "A YAML file with settings.")
    var config: String?
    @Flag(help: "Print the settings in force, secrets masked, and stop.")
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
        try await Serving(settings: checked).run()
    }
}
