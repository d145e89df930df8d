import Foundation
import Logging
import Synchronization
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickCommand

@Suite("Untrusted text on a terminal", .timeLimit(.minutes(5)))
struct TerminalTests {
    /// Sets the window title, clears the screen, rings, returns to the start of the line, and reverses the line.
    private static let hostile =
        "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{9d}0;t\u{9c}\rOK\u{8}\u{7f}\u{202e}y\u{2066}\u{200f}\u{61c}z\u{2028}\u{e0041}"

    /// Characters that a terminal would obey, without line breaks.
    private func obeyed(_ text: String) -> [Unicode.Scalar] {
        let turning: Set<UInt32> = [0x61c, 0x200e, 0x200f, 0x2028, 0x2029]
        return text.unicodeScalars.filter { scalar in
            scalar != "\n"
                && (scalar.properties.generalCategory == .control || turning.contains(scalar.value)
                    || (0x202a...0x202e).contains(scalar.value) || (0x2066...0x206f).contains(scalar.value)
                    || (0xe0000...0xe007f).contains(scalar.value))
        }
    }

    @Test("no such character is left, whatever surrounds it, and other text does not change")
    func filter() throws {
        for value in Array(0...0x1f) + Array(0x7f...0x9f) + [0x202e, 0x2069, 0x2028] as [UInt32] {
            let scalar = try #require(Unicode.Scalar(value))
            let text = "a\(String(scalar))b"
            #expect(self.obeyed(TerminalText.line(text)) == [] && !TerminalText.line(text).contains("\n"), "\(value)")
            let isLayout = value == 9 || value == 10
            #expect((TerminalText.shown(text) == text) == isLayout, "\(value)")
        }
        for text in ["", "plain", "naïve 日本語 👨‍👩‍👧‍👦 e\u{301}", "שלום", "a\u{200d}b"] {
            #expect(TerminalText.line(text) == text && TerminalText.json("\"\(text)\"") == "\"\(text)\"")
        }
    }

    @Test("JSON means the same, and has such characters escaped")
    func json() throws {
        let encoded = String(decoding: try JSONEncoder().encode([Self.hostile]), as: UTF8.self)
        let shown = TerminalText.json(encoded)
        #expect(self.obeyed(encoded) != [] && self.obeyed(shown) == [])
        #expect(try JSONDecoder().decode([String].self, from: Data(shown.utf8)) == [Self.hostile])
    }

    @Test("log lines are filtered: the message, its metadata, and that of the logger")
    func log() {
        var handler = LineLogHandler(label: "test", format: .text)
        handler[metadataKey: "mine"] = "\(Self.hostile)"
        let event = LogEvent(
            level: .notice,
            message: "\(Self.hostile)",
            metadata: ["its": "\(Self.hostile)\nforged", "list": ["\(Self.hostile)"]],
            source: "s",
            file: "f",
            function: "g",
            line: 1
        )
        let line = handler.line(for: event, at: Timestamp(milliseconds: 0))
        #expect(line.hasPrefix("1970-01-01T00:00:00.000Z notice test: ") && line.contains("mine="), "\(line)")
        #expect(self.obeyed(line) == [] && !line.contains("\n") && line.contains("owned"), "\(line)")
    }

    @Test("no command prints the text of a worker or a user unfiltered")
    func commands() async throws {
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            let now = try await store.now()
            // Ids accept no control characters of the first 32; the others reach this output.
            let id = "j\u{9b}31m\u{202e}"
            let user = "u\u{9d}0;t\u{9c}\u{2066}"
            let batch = try await store.beginImport()
            _ = try await batch.stage([
                Job(
                    id: id,
                    userID: user,
                    kind: "k\u{9b}2J",
                    tokensCost: 3,
                    status: .processing,
                    attempt: 1,
                    createdAt: now - .seconds(9000),
                    processingStartedAt: now - .seconds(9000),
                    updatedAt: now - .seconds(9000)
                )
            ])
            _ = try await batch.commit { _, _ in }
            let failed = try await store.create(NewJob(id: "failed", userID: user, kind: "image", tokensCost: 0))
            _ = try await store.start(failed.job.id)
            _ = try await store.fail(JobFailure(jobID: "failed", attempt: 1, message: Self.hostile))
            for command in [
                ["stuck"], ["status"], ["cleanup", "--dry-run"], ["cleanup", "--force"], ["jobs"], ["jobs", "failed"],
                ["jobs", id], ["jobs", "--kind", Self.hostile], ["runs"], ["balance", user], ["reconcile"], ["status"],
                ["jobs", Self.hostile], ["runs", Self.hostile], ["webhook", "deliveries"], [Self.hostile],
                ["import", Self.hostile], ["stuck", "--policy", Self.hostile], ["policy", "check", Self.hostile],
            ] {
                for format in [[], ["--json"]] {
                    let ending = try await unstick.start(command + format).ending()
                    let name = command.first ?? ""
                    #expect(self.obeyed(ending.output) == [], "\(name) \(format): \(ending.output.debugDescription)")
                    #expect(self.obeyed(ending.errors) == [], "\(name) \(format): \(ending.errors.debugDescription)")
                }
            }
            let run = try #require(try await store.runs(before: nil, limit: 50).first { $0.totalFound > 0 })
            let shown = try await unstick("runs", run.id)
            #expect(shown.output.contains("u·0;t") && self.obeyed(shown.output) == [])
            try store.close()
        }
    }
}
