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
            try await FenceCommand.change(self.database, .installFence, missing: .migrate) { try await $0.install() }
            try FenceCommand.show(true, self.output)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes the trigger away.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await FenceCommand.change(self.database, .removeFence) { try await $0.remove() }
            try FenceCommand.show(false, self.output)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Says whether the trigger is there.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try FenceCommand.show(try await FenceCommand.fence(self.database).fence.isInstalled(), self.output)
        }
    }

    /// Changes the trigger, with a record of who asked for it.
    private static func change(
        _ options: DatabaseOptions,
        _ action: AuditAction,
        missing: PostgresStore.Missing = .leave,
        _ body: (Fence) async throws -> Void
    ) async throws {
        let (store, fence) = try await self.fence(options, missing: missing)
        try await store.audited(.shell(action, options.place.preset ?? options.place.mapping)) { try await body(fence) }
    }

    private static func fence(
        _ options: DatabaseOptions,
        missing: PostgresStore.Missing = .leave
    ) async throws -> (store: PostgresStore, fence: Fence) {
        var place = options.place
        // Nothing is searched here.
        place.allowsFullScan = true
        guard let (mapping, preset) = try place.tables() else {
            throw UnstickError(
                .invalidArgument,
                "A fence is for your own tables: give --mapping or --preset. Unstick's own know attempts."
            )
        }
        let store = try await place.openPostgres(missing: missing)
        return (store, try await store.fence(mapping: mapping, preset: preset))
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
