import Foundation
import Logging
import Testing
import Unstick

@testable import UnstickCommand

@Suite("Command output")
struct OutputTests {
    @Test("a table is aligned, shortened in the middle, and shows no control characters")
    func table() {
        var table = Table(.text("name"), .number("tokens"))
        table.width = 80
        table.add("a\u{1b}[31mb", "1,000")
        table.add(String(repeating: "x", count: 50) + String(repeating: "y", count: 50), "7")
        let lines = table.lines
        #expect(lines[0].hasPrefix("NAME ") && lines[0].hasSuffix("TOKENS"))
        #expect(lines.allSatisfy { $0.count == 80 })
        #expect(lines[1].hasPrefix("a·[31mb ") && lines[1].hasSuffix(" 1,000"))
        #expect(lines[2].contains("x…y"))
        table.width = .max
        #expect(table.lines[2].contains("xy"))
    }

    @Test("amounts and ages")
    func amounts() {
        #expect([0, 12, 999, 1000, -1_234_567].map(\.grouped) == ["0", "12", "999", "1,000", "-1,234,567"])
        #expect(1.of("job") == "1 job" && 1200.of("job") == "1,200 jobs")
        let now = Timestamp(seconds: 1_800_000_000)
        #expect((now - .seconds(750)).ago(now) == "12m 30s ago" && (now + .seconds(60)).ago(now) == "in 1m")
        #expect(now.ago(now) == "just now")
    }

    @Test("a log line is one JSON object with its metadata")
    func jsonLog() throws {
        var handler = LineLogHandler(label: "unstick", format: .json)
        handler[metadataKey: "runId"] = "r1"
        let event = LogEvent(
            level: .info,
            message: "two\nlines \"quoted\"",
            metadata: ["jobId": "j"],
            source: "s",
            file: "f",
            function: "g",
            line: 1
        )
        let line = handler.line(for: event, at: Timestamp(milliseconds: 0))
        #expect(!line.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(
            object == [
                "time": "1970-01-01T00:00:00.000Z", "level": "info", "logger": "unstick", "runId": "r1", "jobId": "j",
                "message": "two\nlines \"quoted\"",
            ]
        )
        #expect(handler[metadataKey: "runId"] == "r1")
    }
}
