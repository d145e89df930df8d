import ArgumentParser
import Foundation
import Unstick

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Pause cleanup on all nodes for a limited time, for maintenance."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Option(
        name: .customLong("for"),
        help: "How long, at most 7d. The pause ends automatically.",
        transform: DurationArgument.init(parsing:)
    )
    var duration = DurationArgument(.seconds(3600))

    func run() async throws {
        let store = try await self.database.open()
        let pause = try await self.actor.administration(of: store).pause(for: self.duration.duration)
        if self.output.json { return try Output.json(["pausedUntil": pause.until]) }
        Output.line("Paused until \(pause.until), by \(pause.by). 'unstick resume' ends the pause earlier.")
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Resume cleanup.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let store = try await self.database.open()
        let wasPaused = try await self.actor.administration(of: store).resume()
        if self.output.json { return try Output.json(["resumed": wasPaused]) }
        Output.line(wasPaused ? "Cleanup is resumed." : "Cleanup was not paused.")
    }
}

extension PauseStore {
    /// Notes on standard error that cleaning is paused.
    func notePause() async throws {
        if let pause = try await self.currentPause() { Output.note("Note: \(pause.message)") }
    }
}
