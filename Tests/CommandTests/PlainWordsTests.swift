import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import UnstickCommand

/// Texts use the words of docs/glossary.md.
@Suite("Plain words")
struct PlainWordsTests {
    /// Retired words and what to say for them.
    private static let retired: [(words: String, now: String)] = [
        ("pass|passes|sweep|sweeps|swept", "run"),
        ("went through|goes through|gone through", "succeeded"),
        ("(?:give|gives|gave|given|giving)(?: \\w+){0,2} back|tokens back", "refund, refunded, refund due"),
        ("parked|parks|would park", "quarantined"),
        ("given up|gives up|gave up", "dead"),
        ("told", "notified, sent"),
        ("whoever|whomever|somebody|someone|nobody|anybody|anyone|everybody", "caller, operator, user, subscriber"),
        ("signs? of life", "heartbeat"),
        ("called off", "cancelled"),
        ("access tokens?|unstick tokens?", "API key, unstick key, unstick balance"),
    ]

    /// Words that comments and titles of tests do not use either.
    private static let retiredInCode: [(words: String, now: String)] = [
        ("mends?|mended|mending", "fix"),
        ("for ever", "forever"),
        ("a look|looks at|looked at", "check, query, read"),
        ("goes by|go by", "uses"),
        ("came in|comes in", "arrived, arrives"),
        ("held against", "compared with"),
        ("hands? out|handed out", "claims, assigns"),
        ("tells?|telling", "reports, sends, notifies"),
        ("what becomes of|what became of", "outcome"),
        ("has in hand|have in hand", "in progress"),
    ]

    /// Phrases that have a retired word in another meaning.
    private static let exceptions: [(phrase: String, why: String)] = [
        ("\\*args\\): pass", "Python"),
        ("pass(?:es)? (?:\\w+ )?on\\b", "a proxy hands a header on"),
        ("may pass without|[Ll]ets? time pass", "time"),
        ("whose tests pass", "tests"),
        ("custom access token hook", "Supabase's name for it"),
        ("[Aa]n access token (?:has no email|of a new realm)", "the token of Auth0 and Keycloak"),
        ("Access Token\\*", "a label of Auth0's dashboard"),
    ]

    private static func check(
        _ text: String,
        _ place: String,
        for retired: [(words: String, now: String)] = Self.retired
    ) throws {
        var text = text
        for (phrase, _) in Self.exceptions { text.replace(try Regex(phrase), with: "") }
        for (words, now) in retired {
            for match in text.matches(of: try Regex("\\b(?:\(words))\\b").ignoresCase()) {
                let around = text[match.range.lowerBound...].prefix(60)
                Issue.record("\(place): '\(text[match.range])' is retired, say: \(now). “\(around)”")
            }
        }
    }

    @Test("documents have no retired word")
    func documents() throws {
        for (name, text) in Documents.all { try Self.check(text, name) }
    }

    @Test("the admin UI has no retired word")
    func pages() throws {
        // Names of elements and fields are no text.
        let names = /\{\{[^}]*\}\}|\b(?:id|class|href|name|action|value|for|aria-[a-z]+by|data-[a-z]+)="[^"]*"/
        let templates = Documents.files(under: "Sources/UnstickPages", withExtension: "mustache")
        #expect(templates.count > 50)
        for (name, text) in templates { try Self.check(text.replacing(names, with: ""), name) }
        try self.checkLiterals(under: "Sources/UnstickPages")
    }

    @Test("the command line has no retired word")
    func commandLine() throws {
        try self.checkLiterals(under: "Sources/UnstickCommand")
        func check(_ command: any ParsableCommand.Type) throws {
            let help = UnstickCommand.helpMessage(for: command, columns: 1000)
            try Self.check(help, "--help of \(command._commandName)")
            for below in command.configuration.subcommands { try check(below) }
        }
        try check(UnstickCommand.self)
    }

    private func checkLiterals(under folder: String) throws {
        let sources = Documents.files(under: folder, withExtension: "swift")
        #expect(sources.count > 40)
        for (name, source) in sources {
            for literal in SwiftLiterals.all(in: source) { try Self.check(literal, name) }
        }
    }

    @Test("summaries and descriptions of the API have no retired word")
    func descriptions() throws {
        let texts = Documents.text("Sources/UnstickServer/openapi.json").matches(
            of: /"(?:summary|description)": "((?:[^"\\]|\\.)*)"/
        )
        #expect(texts.count > 500)
        for text in texts { try Self.check(String(text.output.1), "openapi.json") }
    }

    @Test("comments have no retired word", arguments: ["Sources", "Tests", "Benchmarks", "Examples"])
    func comments(folder: String) throws {
        let sources = Documents.files(under: folder, withExtension: "swift")
        #expect(!sources.isEmpty)
        for (name, source) in sources {
            // A phrase may continue on the next line.
            let lines = source.split(separator: "\n").compactMap {
                $0.firstMatch(of: /(?:^ *| {2})\/\/\/?( .*)/)?.output.1
            }
            try Self.check(lines.joined(), name, for: Self.retired + Self.retiredInCode)
        }
    }

    @Test("comments of scripts have no retired word", arguments: ["Tests", "Benchmarks"])
    func scripts(folder: String) throws {
        let sources = Documents.files(under: folder, withExtension: "py")
        #expect(!sources.isEmpty)
        for (name, source) in sources {
            for comment in source.matches(of: /(?m:^ *# (.*)$)|(?s:"""(.*?)""")/) {
                let text = comment.output.1 ?? comment.output.2 ?? ""
                try Self.check(String(text), name, for: Self.retired + Self.retiredInCode)
            }
        }
    }

    @Test("titles of tests have no retired word")
    func titles() throws {
        let tests = Documents.files(under: "Tests", withExtension: "swift")
        #expect(tests.count > 200)
        for (name, source) in tests {
            for title in source.matches(of: /@(?:Test|Suite)\(\s*"((?:[^"\\]|\\.)*)"/) {
                try Self.check(String(title.output.1), name, for: Self.retired + Self.retiredInCode)
            }
        }
    }
}
