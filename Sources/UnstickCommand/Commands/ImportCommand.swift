import ArgumentParser
import Unstick

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import jobs from a CSV file, with their charges and balances.",
        discussion: """
            The header names the columns in any order: id, user_id, kind, tier, cost, status, attempt, created_at, \
            processing_started_at, updated_at, processing_completed_at. Times are RFC 3339 or seconds since 1970. A job \
            whose id exists is skipped, so the same file can be imported again.
            """
    )

    @Argument(help: "FILE.csv or FILE.csv.gz.")
    var file: String
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Import the good rows of a file that has bad ones. Without this, a bad row rejects the whole file.")
    var skipBadRows = false

    private struct Answer: Encodable {
        var imported: Int
        var alreadyThere: Int
        var users: Int
        var tokensCharged: Int
        var badRows: Int
        var left: Int
        var errors: [String]
    }

    func run() async throws {
        let store = try await self.database.openOrCreate()
        let (bar, stop) = (ProgressBar(), StopSignal())
        let source = FileImport(path: self.file, skipBadRows: self.skipBadRows, store: store)
        let outcome: FileImport.Outcome
        do {
            let administration = try self.actor.administration(of: store)
            outcome = try await stop.watching {
                try await administration.perform(.importJobs, detail: self.file, outcome: \.description) {
                    try await source.run { progress in
                        switch progress {
                        case .reading(let percent, let rows):
                            bar.show(percent, of: 100, "reading, \(rows.of("row"))")
                        case .booking(let done, let total):
                            bar.show(done, of: total, "booking, \(done.of("job"))")
                        }
                    }
                }
            }
        } catch is CancellationError where stop.hasCome {
            bar.end()
            stop.report("The file was only read: nothing was imported. To import it, run the same command again.")
            throw stop.exitCode
        } catch {
            bar.end()
            throw error
        }
        bar.end()
        try self.show(outcome)
        if outcome.summary.left > 0 {
            stop.report(
                "\(outcome.summary.left.of("job")) of the file are not imported yet. To continue, run the same command again: jobs "
                    + "that exist are skipped."
            )
            throw stop.exitCode
        }
        if outcome.badRowCount > 0 && !self.skipBadRows { throw Exit.wrongUse }
    }

    private func show(_ outcome: FileImport.Outcome) throws {
        let summary = outcome.summary
        if self.output.json {
            return try Output.json(
                Answer(
                    imported: summary.imported,
                    alreadyThere: summary.alreadyThere,
                    users: summary.users,
                    tokensCharged: summary.tokensCharged,
                    badRows: outcome.badRowCount,
                    left: summary.left,
                    errors: outcome.badRows
                )
            )
        }
        if !outcome.ignoredColumns.isEmpty {
            Output.note(
                "Unused columns: \(outcome.ignoredColumns.map { $0.isEmpty ? "one without a name" : $0 }.joined(separator: ", "))"
            )
        }
        for row in outcome.badRows { Output.note(row, .error) }
        if outcome.badRowCount > outcome.badRows.count {
            Output.note("… and \((outcome.badRowCount - outcome.badRows.count).of("bad row")) more")
        }
        if outcome.badRowCount > 0 && !self.skipBadRows {
            return Output.note(
                "\(outcome.badRowCount.of("bad row")) of \(outcome.rows.grouped): nothing was imported. "
                    + "Fix them, or keep the rest with --skip-bad-rows."
            )
        }
        Output.line(
            "Imported \(summary.imported.of("job")) of \(summary.users.of("user")), \(summary.tokensCharged.of("token")) charged; "
                + "\(summary.alreadyThere.grouped) already existed, \(outcome.badRowCount.of("bad row")) skipped."
        )
    }
}

extension FileImport.Outcome {
    /// The outcome, for the audit log.
    fileprivate var description: String { "\(self.summary.description), \(self.badRowCount.of("bad row"))" }
}

extension ImportSummary {
    /// The outcome, for the audit log.
    var description: String { "\(self.imported.of("job")) imported, \(self.tokensCharged.of("token")) charged" }
}
