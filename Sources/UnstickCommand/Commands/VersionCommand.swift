import ArgumentParser

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @OptionGroup var output: OutputOptions
    // Every command accepts --database; this one ignores it.
    @OptionGroup(visibility: .hidden) var database: DatabaseOptions

    func run() throws {
        if self.output.json { return try Output.json(["version": UnstickCommand.version]) }
        Output.line("unstick \(UnstickCommand.version)")
    }
}
