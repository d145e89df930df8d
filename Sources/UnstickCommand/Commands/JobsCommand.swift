import ArgumentParser
import Unstick

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List jobs, newest first, or show one."
    )

    @Argument(help: "A job's id. Without it, jobs are listed.")
    var id: String?
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only jobs of this status: \(JobStatus.allCases.map(\.rawValue).joined(separator: ", ")).")
    var status: JobStatus?
    @Option(help: "Only jobs of this user.")
    var user: String?
    @Option(help: "Only jobs of this kind.")
    var kind: String?
    @OptionGroup var page: PageOptions

    func run() async throws {
        let store = try await self.database.openToRead()
        if let id { return try await self.show(id, in: store) }
        let filter = JobFilter(status: self.status, userID: self.user, kind: self.kind)
        let page = try await store.page(filter, cursor: self.page.cursor, limit: self.page.checkedLimit())
        if self.output.json { return try Output.json(page) }
        let now = try await store.now()
        guard !page.jobs.isEmpty else {
            let backTo = page.lookedBackTo.map { " among those created since \($0) (\($0.ago(now)))" } ?? ""
            Output.line("No jobs match\(backTo).")
            return self.page.showNext(page.nextCursor)
        }
        var table = Table(
            .text("job"),
            .text("user"),
            .text("kind"),
            .text("tier"),
            .number("tokens"),
            .text("status"),
            .number("created")
        )
        for job in page.jobs {
            table.add(
                job.id,
                job.userID,
                job.kind,
                job.tier ?? "-",
                job.tokensCost.grouped,
                job.status.rawValue,
                job.createdAt.ago(now)
            )
        }
        table.print()
        self.page.showNext(page.nextCursor)
    }

    private func show(_ id: String, in store: any Store) async throws {
        guard let job = try await store.job(id) else {
            throw UnstickError(.notFound, "There is no job '\(id)'.")
        }
        if self.output.json { return try Output.json(job) }
        let now = try await store.now()
        func time(_ time: Timestamp?) -> String { time.map { "\($0)  (\($0.ago(now)))" } ?? "-" }
        for (name, value) in [
            ("Job", job.id), ("User", job.userID), ("Kind", job.kind), ("Tier", job.tier ?? "-"),
            ("Cost", job.tokensCost.of("token")), ("Status", job.status.rawValue), ("Attempt", "\(job.attempt)"),
            ("Created", time(job.createdAt)), ("Started", time(job.processingStartedAt)),
            ("Updated", time(job.updatedAt)), ("Ended", time(job.processingCompletedAt)),
            ("Error", job.errorMessage ?? "-"),
        ] {
            Output.line(name.padded(to: 9) + TerminalText.line(value))
        }
    }
}
