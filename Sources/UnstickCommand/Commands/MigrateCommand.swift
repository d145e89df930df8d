import ArgumentParser
import Unstick

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Makes the database, or brings its schema up to date."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let store = try self.database.openOrCreate()
        try await store.checkReady()
        if self.output.json { return try Output.json(["status": "ready"]) }
        Output.line("The database is ready for this version.")
    }
}
