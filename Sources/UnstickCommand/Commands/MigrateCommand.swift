import ArgumentParser
import Unstick
import UnstickPostgres
import UnstickSQLite

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Makes the database, or brings its schema up to date."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @Flag(
        name: .customLong("print"),
        help: "Print the SQL for PostgreSQL instead, for those who apply it by themselves."
    )
    var printsSQL = false
    @Option(help: "A PostgreSQL role to grant what everything but migrations needs.")
    var role: String?

    func run() async throws {
        if self.printsSQL { return Output.line(PostgresStore.migrationScript(role: self.role)) }
        // Our own tables are the same whoever's the jobs are.
        var place = self.database.place
        (place.mapping, place.preset) = (nil, nil)
        if let role {
            try await place.openPostgres(missing: .migrate).grantRights(to: role)
        } else {
            try await place.open(for: .creating, warn: Output.note).checkReady()
        }
        if self.output.json { return try Output.json(["status": "ready"]) }
        Output.line("The database is ready for this version.")
    }
}
