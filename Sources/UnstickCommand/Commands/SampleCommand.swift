import ArgumentParser
import Unstick

struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Add a small sample workload, some of it stuck. Adding it twice changes nothing."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let store = try await self.database.openOrCreate()
        let administration = try self.actor.administration(of: store)
        let summary = try await administration.perform(
            .importJobs,
            detail: "the sample workload",
            outcome: \.description
        ) {
            let sample = try await store.beginImport()
            _ = try await sample.stage(SampleWorkload.jobs(asOf: store.now()))
            return try await sample.commit { _, _ in }
        }
        if self.output.json {
            return try Output.json(["imported": summary.imported, "alreadyThere": summary.alreadyThere])
        }
        Output.line(
            summary.imported > 0
                ? "Added \(summary.imported.of("sample job")) of \(summary.users.of("user"))."
                : "The sample jobs already exist; nothing was added."
        )
    }
}
