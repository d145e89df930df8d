import ArgumentParser
import Unstick
import UnstickServer

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Create, list and revoke API keys.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an API key and show it once.")

        @Argument(help: "The key's name: letters, digits, dots, hyphens, underscores.")
        var name: String
        @Option(
            help: """
                The key's role. viewer: read. operator: also clean, pause, retry and cancel. worker: claim and end jobs. app: \
                also create jobs. admin: everything.
                """
        )
        var role = Role.viewer
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.openOrCreate()
            let token = try await self.actor.administration(of: store).createToken(named: self.name, role: self.role)
            if self.output.json {
                return try Output.json(["name": self.name, "role": self.role.rawValue, "token": token])
            }
            Output.line(token)
            Output.note("Copy the key now: only its digest is stored. Send it as 'Authorization: Bearer …'.")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List API keys, oldest first, without their secrets."
        )

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.openToRead()
            let tokens = try await store.accessTokens()
            if self.output.json { return try Output.json(["tokens": tokens.map(Listed.init)]) }
            guard !tokens.isEmpty else { return Output.line("No API keys yet. 'unstick key create NAME' creates one.") }
            let now = try await store.now()
            var table = Table(.text("name"), .text("role"), .number("created"), .text("state"))
            for token in tokens {
                table.add(
                    token.name,
                    token.role.rawValue,
                    token.createdAt.ago(now),
                    token.revokedAt.map { "revoked \($0.ago(now))" } ?? "active"
                )
            }
            table.print()
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke an API key. It stops working at once.")

        @Argument(help: "The key's name.")
        var name: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.open()
            try await self.actor.administration(of: store).revokeToken(named: self.name)
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
