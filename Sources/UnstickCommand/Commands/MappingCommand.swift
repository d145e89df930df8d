import ArgumentParser
import Unstick
import UnstickSQL

struct MappingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mapping",
        abstract: "Manage the names of the mappings that were used on a database.",
        subcommands: [List.self, Rename.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the mappings: name, table, and the short id in their refund keys."
        )

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let sources = try await MappingCommand.store(self.database, for: .reading).sources()
            if self.output.json { return try Output.json(["mappings": sources]) }
            guard !sources.isEmpty else { return Output.line("No mapping was used on this database.") }
            var table = Table(.whole("name"), .text("source"), .text("table"), .text("older refunds"))
            for source in sources {
                table.add(source.name, source.id, source.place, source.oldKeys.description)
            }
            table.print()
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rename a mapping. Its refund keys do not change.",
            discussion: """
                A mapping is found by its name: the value of 'name:', else schema.table. Rename it here before you rename \
                the table or the mapping, so that no charge is refunded twice.
                """
        )

        @Argument(help: "The current name.")
        var name: String
        @Argument(help: "The new name: the mapping's new 'name:', or its new schema.table.")
        var newName: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await MappingCommand.store(self.database, for: .changing)
            try await self.actor.administration(of: store)
                .perform(.renameMapping, self.name, detail: "to \(self.newName)") {
                    try await store.renameSource(self.name, to: self.newName)
                }
            if self.output.json { return try Output.json(["name": self.newName]) }
            Output.line("Renamed the mapping '\(self.name)' to '\(self.newName)'.")
        }
    }

    /// Names are stored in Unstick's own tables: in a schema of their own, or in the file of a mapping.
    private static func store(
        _ options: DatabaseOptions,
        for purpose: DatabaseOptions.Purpose
    ) async throws -> any SQLStore {
        var place = try options.place
        place.allowsFullScan = true
        if try place.driver.hasOwnSchema {
            (place.mapping, place.preset) = (nil, nil)
        } else if try place.tables() == nil {
            throw UnstickError(
                .invalidArgument,
                "Names of mappings are stored beside your own tables: give --mapping or --preset."
            )
        }
        let store = try await place.driver.open(place, for: purpose)
        try await store.checkReady()
        return store
    }
}

extension Source.OldKeys {
    fileprivate var description: String {
        switch self {
        case .none: "not its own"
        case .assumed, .owned: "its own"
        case .unknown: "not known: unstick migrate --old-keys-of NAME"
        }
    }
}
