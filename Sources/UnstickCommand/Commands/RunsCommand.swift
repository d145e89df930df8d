import ArgumentParser
import Unstick

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List runs, newest first, or show one with its jobs."
    )

    @Argument(help: "A run's id. Without it, runs are listed.")
    var id: String?
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var page: PageOptions

    func run() async throws {
        let store = try await self.database.openToRead()
        if let id { return try await self.show(id, in: store) }
        let page = try await store.page(cursor: self.page.cursor, limit: self.page.checkedLimit())
        if self.output.json { return try Output.json(page) }
        guard !page.runs.isEmpty else { return Output.line("No runs yet. 'unstick cleanup' starts one.") }
        let now = try await store.now()
        var table = Table(
            .whole("run"),
            .number("age"),
            .text("by"),
            .whole("result"),
            .number("found"),
            .number("refunded")
        )
        for run in page.runs {
            table.add(
                run.id,
                max(.zero, now - run.startedAt).text,
                run.trigger.description,
                run.outcome(at: now),
                run.totalFound.grouped,
                run.dryRun ? "would be \(run.tokensOwed.grouped)" : run.tokensRefunded.grouped
            )
        }
        table.print()
        self.page.showNext(page.nextCursor)
    }

    private func show(_ id: String, in store: any Store) async throws {
        let detail = try await store.detail(
            of: id,
            after: self.page.position() ?? 0,
            limit: self.page.checkedLimit()
        )
        guard let detail else {
            throw UnstickError(.notFound, "There is no run '\(id)'. 'unstick runs' lists the runs.")
        }
        if self.output.json { return try Output.json(detail) }
        let run = detail.run
        let now = try await store.now()
        Output.line("Run \(run.id), started by \(run.trigger) \(run.startedAt.ago(now)): \(run.outcome(at: now))")
        Output.line(
            "\(run.timeout.map { "timeout \($0.text), " } ?? "")batch \(run.batchSize.grouped), "
                + "took \(run.duration?.text ?? "-"); found "
                + "\(run.totalFound.grouped), cleaned \(run.cleanedUp.grouped), retried \(run.retried.grouped), "
                + "failed \(run.failed.grouped), "
                + (run.dryRun
                    ? "would refund \(run.tokensOwed.of("token"))" : "refunded \(run.tokensRefunded.of("token"))")
        )
        if let error = run.error { Output.line(TerminalText.line(error), .error) }
        guard !detail.jobs.isEmpty else { return }
        Output.line()
        var table = Table(
            .whole("job"),
            .text("user"),
            .text("action"),
            .number(run.dryRun ? "would refund" : "refunded"),
            .number("why"),
            .text("rule")
        )
        for item in detail.jobs {
            table.add(
                item.jobID,
                item.userID,
                item.action.text,
                (run.dryRun ? item.tokensOwed : item.tokensRefunded).grouped,
                item.stuckReason.text,
                item.stuckReason.rule
            )
        }
        table.print()
        for item in detail.jobs {
            if let error = item.error { Output.line(TerminalText.line("error: job \(item.jobID): \(error)"), .error) }
        }
        self.page.showNext(detail.nextCursor)
    }
}

extension Run {
    /// The outcome of the run, in one word.
    ///
    /// A run without progress for two minutes has lost its process.
    func outcome(at now: Timestamp) -> String {
        switch self.status {
        case .running: now - self.updatedAt > Self.silence ? "interrupted" : "running"
        case .completed: self.dryRun ? "dry run" : "completed"
        case .failed: "failed"
        case .held: "held"
        }
    }
}
