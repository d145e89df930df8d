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
    @Option(
        help: ArgumentHelp(
            "The mapping whose refunds those are that were made before mappings had names.",
            discussion:
                "Needed only where they fit more than one mapped table: until then the jobs they fit are set aside.",
            valueName: "name"
        )
    )
    var oldKeysOf: String?

    func run() async throws {
        if self.printsSQL { return Output.line(PostgresStore.migrationScript(role: self.role)) }
        try await self.migrate()
        try await self.nameMapping()
        if self.output.json { return try Output.json(["status": "ready"]) }
        Output.line("The database is ready for this version.")
    }

    private func migrate() async throws {
        // Our own tables are the same whoever's the jobs are.
        var place = try self.database.place
        (place.mapping, place.preset) = (nil, nil)
        if let role {
            let store = try await place.openPostgres(missing: .migrate)
            try await store.audited(.shell(.grantRights, role)) { try await store.grantRights(to: role) }
        } else {
            let store = try await place.open(for: .creating, warn: { Output.note($0) })
            try await store.checkReady()
            // Written after the act: the record is in the schema that it makes.
            try await store.note(.shell(.migrate, detail: "for version \(UnstickVersion.current)"))
        }
        guard let name = self.oldKeysOf else { return }
        let store = try await place.openPostgres(missing: .leave)
        try await store.audited(.shell(.assignOldKeys, name)) { try await store.assignOldKeys(to: name) }
    }

    /// The mapping, where one is named, gets its source.
    ///
    /// - Throws: `invalidInput` where an operator must say first whose the refunds are that were made before.
    private func nameMapping() async throws {
        var place = try self.database.place
        // Nothing is searched here.
        place.allowsFullScan = true
        guard place.isPostgres, try place.tables() != nil else { return }
        guard let source = try await place.openPostgres(missing: .leave).makeSource(), source.oldKeys == .unknown else {
            return
        }
        throw UnstickError(
            .conflict,
            "Refunds from before mappings had names fit the mapping '\(source.name)' and another one, so that nobody can tell "
                + "whose they are. The jobs they fit are set aside. Say whose they are: "
                + "'unstick migrate --old-keys-of NAME' ('unstick mapping list' shows the names)."
        )
    }
}
