import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import UnstickCommand

@Suite("Documentation of the command line")
struct DocumentedCommandsTests {
    @Test("every setting is in a table of README or docs")
    func settings() {
        let listed = Documents.all.values.flatMap { Documents.rows($0) }.flatMap { row in
            row.prefix(2).flatMap { Documents.code(in: $0) }
        }
        let names = Set(listed.map { $0.prefix { $0 != "=" } }.map(String.init))
        for name in Settings.Name.allCases {
            #expect(names.contains(name.variable), "\(name.variable) is not documented")
        }
    }

    /// Words in capitals with an underscore that are no settings of the server.
    private static let otherWords: Set = [
        // Stored and sent values.
        "TIER_4K", "FAILED_AND_REFUNDED",
        // The environments of apps and receivers in examples.
        "AUTH_SECRET", "UNSTICK_JWT_SECRET", "BILLING_WEBHOOK_SECRET", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS",
        "PROJECT_ID", "SUPABASE_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "FIREBASE_API_KEY", "USER_ID", "UNSTICK_URL",
        "UNSTICK_TOKEN",
        // The environment of a shell.
        "SUDO_USER",
    ]

    @Test("every setting that a document names exists")
    func noOtherSettings() {
        let known = Set(Settings.Name.allCases.map(\.variable))
        for (name, text) in Documents.all {
            for match in text.matches(of: /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/) {
                let word = String(match.output)
                #expect(known.contains(word) || Self.otherWords.contains(word), "\(name): \(word)")
            }
        }
    }

    @Test("every command line in a document is valid")
    func lines() {
        var count = 0
        for (name, text) in Documents.all {
            let blocks = Documents.blockLines(of: text, languages: ["", "sh", "bash"])
            let spans = Documents.code(in: text).filter { !$0.contains("…") }
            for line in (blocks + spans) {
                guard var arguments = Self.arguments(of: line) else { continue }
                count += 1
                // A name alone, such as `unstick import`, is no complete call.
                if arguments.allSatisfy({ $0.allSatisfy(\.isLowercase) }) { arguments.append("--help") }
                do { _ = try UnstickCommand.parseAsRoot(arguments) } catch {
                    // Help and version are reported by an error of their own.
                    #expect(UnstickCommand.exitCode(for: error).isSuccess, "\(name): \(line): \(error)")
                }
            }
        }
        #expect(count > 50)
    }

    /// The arguments of a call of `unstick`; `nil` for any other line.
    private static func arguments(of line: String) -> [String]? {
        guard let call = line.firstMatch(of: /^(?:[A-Z_]+=\S+ +)*unstick +(.*)$/)?.output.1 else { return nil }
        let text = call.replacing(/(?:^| +)#.*$/, with: "").replacing(#/ *&$/#, with: "")
        return text.matches(of: /'([^']*)'|(\S+)/).map { String($0.output.1 ?? $0.output.2 ?? "") }
    }

    @Test("README names every command")
    func commands() {
        let readme = Documents.text("README.md")
        for command in UnstickCommand.configuration.subcommands {
            let name = command._commandName
            #expect(readme.contains("unstick \(name)") || readme.contains("`\(name)`"), "\(name) is not in the README")
        }
    }

    @Test("CONTRIBUTING lists the imports of each module")
    func imports() {
        let rows = Documents.rows(Documents.text("CONTRIBUTING.md")).filter { $0[0].hasPrefix("`Sources/") }
        #expect(rows.count == 11)
        for row in rows {
            let folder = Documents.code(in: row[0])[0]
            #expect(Documents.imports(of: folder) == Set(Documents.code(in: row[2])), "\(folder)")
        }
    }

    /// A command in the tool's help.
    private struct Command: Decodable {
        struct Option: Decodable {
            struct Name: Decodable {
                let kind, name: String
            }

            let kind: String
            let names: [Name]?
            let shouldDisplay: Bool
        }

        let commandName: String
        let arguments: [Option]?
        let subcommands: [Command]?

        /// Each command that can be run, with its options.
        func calls(after path: [String]) -> [(name: String, options: Set<String>)] {
            let path = path + [self.commandName]
            let below = (self.subcommands ?? []).filter { $0.commandName != "help" }
            guard below.isEmpty else { return below.flatMap { $0.calls(after: path) } }
            let names = (self.arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }
            let options = names.filter { $0.kind == "long" && !["help", "version"].contains($0.name) }
            return [(path.joined(separator: " "), Set(options.map { "--" + $0.name }))]
        }
    }

    private struct Help: Decodable {
        let command: Command
    }

    @Test("docs/commands.md lists every command with its options, and no other")
    func options() throws {
        let help = try JSONDecoder().decode(Help.self, from: Data(UnstickCommand._dumpHelp().utf8))
        let expected = help.command.calls(after: []).map { "\($0.name): \($0.options.sorted().joined(separator: " "))" }
        let rows = Documents.rows(Documents.text("docs/commands.md"))
        // The placeholder in the row of a command, such as `database`.
        let groups = Dictionary(
            rows.filter { $0.count == 2 }.map { ($0[0], Documents.code(in: $0[1])) },
            uniquingKeysWith: { first, _ in first }
        )
        let documented = rows.filter { $0.count == 3 && $0[0].hasPrefix("`unstick ") }.map { row in
            let name = Documents.code(in: row[0])[0].split(separator: " ").filter { $0.allSatisfy(\.isLowercase) }
            let words = row[2].split(separator: ", ").map { $0.trimmingCharacters(in: ["`"]) }
            let options = Set(words.flatMap { groups[$0] ?? [$0] } + (groups["all"] ?? []))
            return "\(name.joined(separator: " ")): \(options.sorted().joined(separator: " "))"
        }
        #expect(Set(documented).subtracting(expected).sorted() == [], "documented, and not there")
        #expect(Set(expected).subtracting(documented).sorted() == [], "there, and not documented")
    }
}
