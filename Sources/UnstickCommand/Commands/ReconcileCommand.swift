import ArgumentParser
import Unstick

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Check that every token is accounted for. Exits with 1 if not."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The number of mismatches of each kind to list.")
    var limit = 20

    func run() async throws {
        let store = try await self.database.openToRead()
        let reconciliation = try await store.reconcile(limit: self.limit)
        if self.output.json { try Output.json(reconciliation) } else { self.show(reconciliation) }
        if !reconciliation.isClean { throw Exit.incomplete }
    }

    private func show(_ found: Reconciliation) {
        let size = "\(found.users.of("user")), \(found.transactions.of("transaction"))"
        guard !found.isClean else { return Output.line("OK: \(size), every token accounted for.", .good) }
        var table = Table(
            .text("user"),
            .text("subject"),
            .number("expected"),
            .number("actual"),
            .whole("check")
        )
        for mismatch in found.mismatches {
            table.add(
                mismatch.userID,
                mismatch.subject,
                mismatch.expected.grouped,
                mismatch.actual.grouped,
                mismatch.check.rawValue
            )
        }
        table.print()
        Output.line()
        for check in Reconciliation.Check.allCases where found.mismatches.contains(where: { $0.check == check }) {
            Output.line("\(check.rawValue): \(check.explanation)")
        }
        Output.line("MISMATCH: \(found.mismatchCount.of("thing")) wrong in \(size).", .error)
    }
}
