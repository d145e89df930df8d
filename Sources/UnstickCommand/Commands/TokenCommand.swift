import ArgumentParser
import Unstick
import UnstickServer

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Makes, lists and revokes the tokens that let callers into the API.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a token and shows it, this once.")

        @Argument(help: "Who it is for: letters, digits, dots, hyphens, underscores.")
        var name: String
        @Option(
            help: """
                What it allows: viewer looks; operator cleans and deals with jobs too; worker claims jobs and ends them; app creates them too; \
                admin does everything.
                """
        )
        var role = Role.viewer
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.openOrCreate()
            let act = AuditAct.shell(.createToken, self.name, detail: "role \(self.role.rawValue)")
            let token = try await store.audited(act) {
                try await StoredTokens(store: store).create(name: self.name, role: self.role, at: store.now())
            }
            if self.output.json {
                return try Output.json(["name": self.name, "role": self.role.rawValue, "token": token])
            }
            Output.line(token)
            Output.note("Keep it now: only its digest is stored. Send it as 'Authorization: Bearer …'.")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tokens, oldest first, without their secrets."
        )

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.openToRead()
            let tokens = try await store.accessTokens()
            if self.output.json { return try Output.json(["tokens": tokens.map(Listed.init)]) }
            guard !tokens.isEmpty else { return Output.line("No tokens yet. 'unstick token create NAME' makes one.") }
            let now = try await store.now()
            var table = Table(.text("name"), .text("role"), .number("made"), .text("state"))
            for token in tokens {
                table.add(
                    token.name,
                    token.role.rawValue,
                    token.createdAt.ago(now),
                    token.revokedAt.map { "revoked \($0.ago(now))" } ?? "in force"
                )
            }
            table.print()
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Withdraws a token; it stops working at once.")

        @Argument(help: "The token's name.")
        var name: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.open()
            try await store.audited(.shell(.revokeToken, self.name)) {
                guard try await store.revokeAccessToken(named: self.name, at: store.now()) else {
                    throw UnstickError(.notFound, "There is no token '\(self.name)' in force.")
                }
            }
            if self.output.json { return try Output.json(["revoked": self.name]) }
            Output.line("Revoked '\(self.name)'.")
        }
    }

    private struct Listed: Encodable {
        var name: String
        var role: Role
        var createdAt: Timestamp
        var revokedAt: Timestamp?

        init(_ token: AccessToken) {
            self.name = token.name
            self.role = token.role
            self.createdAt = token.createdAt
            self.revokedAt = token.revokedAt
        }
    }
}
