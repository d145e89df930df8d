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
            let store = try await place.openPostgres(missing: .migrate)
            try await store.audited(.shell(.grantRights, role)) { try await store.grantRights(to: role) }
        } else {
            let store = try await place.open(missing: .create, warn: { Output.note($0) })
            try await store.checkReady()
            // Written after the act: the record is in the schema that it makes.
            try await store.note(.shell(.migrate, detail: "for version \(UnstickVersion.current)"))
        }
        if self.output.json { return try Output.json(["status": "ready"]) }
        Output.line("The database is ready for this version.")
    }
}
