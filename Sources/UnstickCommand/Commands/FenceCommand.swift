import ArgumentParser
import Unstick
import UnstickPostgres

struct FenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fence",
        abstract: "A trigger that keeps late workers from reviving a job that was timed out, in your own tables.",
        subcommands: [Install.self, Remove.self, Status.self]
    )

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Puts the trigger on the jobs' table.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await FenceCommand.fence(self.database, missing: .migrate).install()
            try FenceCommand.show(true, self.output)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes the trigger away.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await FenceCommand.fence(self.database).remove()
            try FenceCommand.show(false, self.output)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Says whether the trigger is there.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try FenceCommand.show(try await FenceCommand.fence(self.database).isInstalled(), self.output)
        }
    }

    private static func fence(
        _ options: DatabaseOptions,
        missing: PostgresStore.Missing = .leave
    ) async throws -> Fence {
        var place = try options.place
        // Nothing is searched here.
        place.allowsFullScan = true
        guard let (mapping, preset) = try place.tables() else {
            throw UnstickError(
                .invalidArgument,
                "A fence is for your own tables: give --mapping or --preset. Unstick's own know attempts."
            )
        }
        return try await place.openPostgres(missing: missing)
            .fence(mapping: mapping, preset: preset)
    }

    private static func show(_ isInstalled: Bool, _ output: OutputOptions) throws {
        if output.json { return try Output.json(["installed": isInstalled]) }
        Output.line(
            isInstalled
                ? "The fence is up: a timed-out job cannot be completed or taken up again behind the queue's back."
                : "There is no fence: 'unstick reconcile' tells of jobs that were completed after their refund."
        )
    }
}
