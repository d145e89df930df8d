import Foundation
import Logging
import TestSupport
import Testing
import Unstick

@testable import UnstickCommand

@Suite("The log", .timeLimit(.minutes(2)))
struct LogTests {
    @Test("JSON values have their types")
    func types() throws {
        var handler = LineLogHandler(label: "it", format: .json)
        handler.metadata = ["runId": "r"]
        let line = handler.line(
            for: LogEvent(
                level: .info,
                message: "done",
                metadata: [
                    "tokens": .stringConvertible(20), "dryRun": .stringConvertible(false),
                    "share": .stringConvertible(0.5),
                    "none": .stringConvertible(Double.nan), "text": "20", "list": [.stringConvertible(1), "a"],
                    "big": .stringConvertible(UInt64.max), "nested": ["n": .stringConvertible(2)],
                ],
                source: "",
                file: "",
                function: "",
                line: 0
            ),
            at: Timestamp(milliseconds: 0)
        )
        #expect(
            line
                == #"{"big":"18446744073709551615","dryRun":false,"level":"info","list":[1,"a"],"logger":"it","#
                + #""message":"done","nested":{"n":2},"none":"nan","runId":"r","share":0.5,"text":"20","#
                + #""time":"1970-01-01T00:00:00.000Z","tokens":20}"#
        )
    }

    private func lines(_ text: String) -> [[String: Any]] {
        text.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
    }

    @Test("a command logs if LOG_LEVEL or LOG_FORMAT is set: the start, each refunded job, the end")
    func command() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let quiet = try await unstick("cleanup", "--dry-run")
            #expect(quiet.errors.isEmpty, "\(quiet.errors)")
            let ending = try await unstick("cleanup", "--json", environment: ["LOG_FORMAT": "json"])
            let lines = self.lines(ending.errors)
            #expect(lines.first?["message"] as? String == "Cleanup started" && lines.first?["dryRun"] as? Bool == false)
            #expect(lines.last?["message"] as? String == "Cleanup finished")
            let cleaned = try #require(ending.json["cleanedUp"] as? Int)
            #expect(lines.last?["cleanedUp"] as? Int == cleaned)
            let jobs = lines.filter { $0["message"] as? String == "Stuck job" }
            #expect(jobs.count == cleaned && cleaned > 0)
            for job in jobs {
                #expect(job["level"] as? String == "info" && job["jobId"] is String && job["userId"] is String)
                #expect(job["tokensRefunded"] is Int && (job["reason"] as? String)?.isEmpty == false, "\(job)")
            }
            #expect(Set(lines.compactMap { $0["runId"] as? String }).count == 1)
            #expect(try await unstick("cleanup", environment: ["LOG_LEVEL": "loud"]).status == 2)
            #expect(try await unstick("cleanup", environment: ["LOG_FORMAT": "xml"]).status == 2)
            #expect(try await unstick("cleanup", environment: ["LOG_LEVEL": "error"]).errors.isEmpty)
        }
    }

    @Test("the lines of one run are bounded, and the rest is counted")
    func bounded() async throws {
        try await Tool.inNewFolder { unstick in
            let rows = (0..<ItemLog.mostLines + 7).map {
                "j\($0),ada,image,,1,PROCESSING,1,2026-01-01T00:00:00Z,1767225605,1767225605,\n"
            }
            try unstick.write(
                "jobs.csv",
                "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"
                    + rows.joined()
            )
            _ = try await unstick("import", "jobs.csv")
            let ending = try await unstick(
                "cleanup",
                "--drain",
                "--force",
                "--json",
                environment: ["LOG_FORMAT": "json"]
            )
            let lines = self.lines(ending.errors)
            #expect(lines.count { $0["message"] as? String == "Stuck job" } == ItemLog.mostLines)
            let rest = lines.first { ($0["message"] as? String)?.hasPrefix("Further jobs") == true }
            #expect(rest?["jobs"] as? Int == 7)
        }
    }
}
