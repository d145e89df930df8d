import ArgumentParser
import Unstick
import UnstickSQL

struct FenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fence",
        abstract: "Manage the trigger that stops a late worker from reviving a timed-out job in your own tables.",
        subcommands: [Install.self, Remove.self, Status.self]
    )

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Install the trigger on the jobs table.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await FenceCommand.change(self.database, self.actor, .installFence, for: .creating) {
                try await $0.install()
            }
            try FenceCommand.show(true, self.output)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove the trigger.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await FenceCommand.change(self.database, self.actor, .removeFence) { try await $0.remove() }
            try FenceCommand.show(false, self.output)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show whether the trigger is installed.")
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try FenceCommand.show(try await FenceCommand.fence(self.database).1.isInstalled(), self.output)
        }
    }

    /// Changes the trigger, with an audit entry.
    private static func change(
        _ options: DatabaseOptions,
        _ actor: ActorOptions,
        _ action: AuditAction,
        for purpose: DatabaseOptions.Purpose = .changing,
        _ body: (any Fence) async throws -> Void
    ) async throws {
        let (store, fence) = try await self.fence(options, for: purpose)
        try await actor.administration(of: store)
            .perform(action, options.place.preset ?? options.place.mapping) { try await body(fence) }
    }

    private static func fence(
        _ options: DatabaseOptions,
        for purpose: DatabaseOptions.Purpose = .reading
    ) async throws -> (any SQLStore, any Fence) {
        var place = try options.place
        // Nothing is searched here.
        place.allowsFullScan = true
        return try await place.driver.fence(place, for: purpose)
    }

    private static func show(_ isInstalled: Bool, _ output: OutputOptions) throws {
        if output.json { return try Output.json(["installed": isInstalled]) }
        Output.line(
            isInstalled
                ? "The fence is installed: a late worker cannot complete or restart a timed-out job."
                : "The fence is not installed. 'unstick reconcile' lists jobs that were completed after their refund."
        )
    }
}
