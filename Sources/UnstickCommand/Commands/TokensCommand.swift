import ArgumentParser
import Unstick

struct TokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balance",
        abstract: "Show a user's balance and transactions, newest first."
    )

    @Argument(help: "The user's id.")
    var user: String
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var page: PageOptions

    func run() async throws {
        let store = try await self.database.openToRead()
        let statement = try await TokenBalanceManager(store: store)
            .statement(of: self.user, before: self.page.position(), limit: self.page.checkedLimit())
        if self.output.json { return try Output.json(statement) }
        Output.line("\(self.user) has \(statement.balance.of("token"))")
        Output.line("spent \(statement.stats.spent.grouped), returned \(statement.stats.refunded.grouped)")
        let now = try await store.now()
        if let last = statement.refunds.last {
            Output.line("refunded \(statement.refunds.tokens.of("token")) in \(statement.refunds.count.of("refund"))")
            Output.line("last refund \(last.createdAt.ago(now)), \(last.amount.of("token"))")
        } else {
            Output.line("never refunded")
        }
        guard !statement.transactions.isEmpty else { return }
        Output.line()
        var table = Table(
            .number("#"),
            .number("when"),
            .text("type"),
            .number("tokens"),
            .number("balance"),
            .text("for")
        )
        for line in statement.transactions {
            table.add(
                "\(line.sequence)",
                line.createdAt.ago(now),
                line.kind.rawValue,
                (line.amount > 0 ? "+" : "") + line.amount.grouped,
                line.balanceAfter.grouped,
                line.sourceID ?? line.source
            )
        }
        table.print()
        self.page.showNext(statement.nextCursor)
    }
}
