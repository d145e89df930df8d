import ArgumentParser
import Unstick

struct GrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "grant", abstract: "Grant tokens to a user.")

    @Argument(help: "The user's id. A new user starts with a balance of 0.")
    var user: String
    @Argument(help: "The number of tokens, 1 to \(Limits.tokens).")
    var tokens: Int
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "An idempotency key, for example an order number. A key is booked once.")
    var key: String?
    @Option(help: "A note for the record.")
    var reason: String?

    func run() async throws {
        let store = try await self.database.openOrCreate()
        let booking = try await self.actor.administration(of: store)
            .grant(self.tokens, to: self.user, key: self.key, source: "grant", reason: self.reason)
        if self.output.json { return try Output.json(booking.transaction) }
        switch booking {
        case .booked(let line):
            Output.line(
                "Granted \(self.tokens.of("token")) to \(self.user). New balance: \(line.balanceAfter.grouped)."
            )
        case .alreadyBooked:
            Output.line("Nothing to do: this key is already booked.")
        }
    }
}
