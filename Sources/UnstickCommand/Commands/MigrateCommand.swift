import ArgumentParser
import Unstick
import UnstickSQL

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Create the database or update its schema."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Flag(
        name: .customLong("print"),
        help: "Print the SQL for a database server and change nothing, so that you can apply it yourself."
    )
    var printsSQL = false
    @Option(help: "A role or user of the database server that gets all rights that commands other than migrate need.")
    var role: String?
    @Option(
        help: ArgumentHelp(
            "The mapping that owns the refunds made before mappings had names.",
            discussion:
                "Needed only where these refunds match more than one mapped table. Until then, the matching jobs are skipped.",
            valueName: "name"
        )
    )
    var oldKeysOf: String?

    func run() async throws {
        if self.printsSQL {
            let place = try self.database.place
            return Output.line(try await place.driver.migrationScript(place, role: self.role))
        }
        try await self.migrate()
        try await self.nameMapping()
        if self.output.json { return try Output.json(["status": "ready"]) }
        Output.line("The database is ready for this version.")
    }

    private func migrate() async throws {
        var place = try self.database.place
        if try place.driver.hasOwnSchema { (place.mapping, place.preset) = (nil, nil) }
        if let role {
            try await place.driver.migrate(place, granting: role, by: self.actor)
        } else {
            let store = try await place.open(for: .creating, warn: { Output.note($0) })
            try await store.checkReady()
            // Written after the migration, because it creates the table of the audit log.
            try await self.actor.administration(of: store)
                .note(.migrate, detail: "for version \(UnstickVersion.current)")
        }
        guard let name = self.oldKeysOf else { return }
        let store = try await place.driver.open(place, for: .changing)
        try await self.actor.administration(of: store)
            .perform(.assignOldKeys, name) { try await store.assignOldKeys(to: name) }
    }

    /// Stores the source of a mapping, if one is given.
    ///
    /// - Throws: `invalidInput` where an operator must first decide which mapping owns the earlier refunds.
    private func nameMapping() async throws {
        var place = try self.database.place
        // Nothing is searched here.
        place.allowsFullScan = true
        guard try place.driver.hasOwnSchema, try place.tables() != nil else { return }
        let store = try await place.driver.open(place, for: .changing)
        guard let source = try await store.makeSource(), source.oldKeys == .unknown else {
            return
        }
        throw UnstickError(
            .conflict,
            "Refunds from before mappings had names match the mapping '\(source.name)' and another one, so their owner is "
                + "unknown. The matching jobs are skipped. Name the owner: "
                + "'unstick migrate --old-keys-of NAME' ('unstick mapping list' shows the names)."
        )
    }
}
