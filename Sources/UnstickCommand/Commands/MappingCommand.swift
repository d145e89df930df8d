import ArgumentParser
import Unstick
import UnstickPostgres

struct MappingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mapping",
        abstract: "The mappings of your own tables that were used on a database, and their names.",
        subcommands: [List.self, Rename.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists them: the short id in their refunds' keys, the name and the table."
        )

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let sources = try await MappingCommand.store(self.database).sources()
            if self.output.json { return try Output.json(["mappings": sources]) }
            guard !sources.isEmpty else { return Output.line("No mapping was used on this database yet.") }
            var table = Table(.whole("name"), .text("source"), .text("table"), .text("older refunds"))
            for source in sources {
                table.add(source.name, source.id, "\(source.schema).\(source.table)", source.oldKeys.words)
            }
            table.print()
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a mapping another name; its refunds stay its own.",
            discussion: """
                A mapping is found by its name: the one it says ('name:'), else schema.table. Rename it before the table or \
                the mapping gets another name, so that no charge is refunded twice.
                """
        )

        @Argument(help: "The name that it has.")
        var name: String
        @Argument(help: "The name that it gets: what the mapping says from now on, or its new schema.table.")
        var newName: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await MappingCommand.store(self.database)
            try await store.audited(.shell(.renameMapping, self.name, detail: "to \(self.newName)")) {
                try await store.renameSource(self.name, to: self.newName)
            }
            if self.output.json { return try Output.json(["name": self.newName]) }
            Output.line("The mapping '\(self.name)' is called '\(self.newName)' now.")
        }
    }

    /// Names are kept in Unstick's own tables: no mapping is needed.
    private static func store(_ options: DatabaseOptions) async throws -> PostgresStore {
        var place = try options.place
        (place.mapping, place.preset) = (nil, nil)
        let store = try await place.openPostgres(missing: .leave)
        try await store.checkReady()
        return store
    }
}

extension Source.OldKeys {
    fileprivate var words: String {
        switch self {
        case .none: "not its own"
        case .assumed, .owned: "its own"
        case .unknown: "not known: unstick migrate --old-keys-of NAME"
        }
    }
}
