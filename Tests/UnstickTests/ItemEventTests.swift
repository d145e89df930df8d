import Foundation
import Testing
import Unstick

@Suite("Events of cleaned jobs")
struct ItemEventTests {
    @Test(
        "it is the run's item as every reader sees it, with any texts",
        arguments: ["plain", "a \"quoted\" \\ one", "line\nbreak\ttab\u{1}\u{1f}", "ö – 日本語 🚀", "</script>/", ""]
    )
    func same(text: String) throws {
        let item = RunItem(
            position: 7,
            jobID: "job \(text)",
            userID: text,
            kind: text,
            tier: text.isEmpty ? nil : text,
            attempt: 2,
            since: Timestamp(milliseconds: 1),
            action: .failedAndRefunded,
            amount: 9,
            processingDuration: .seconds(601),
            stuckReason: StuckReason(
                rule: text,
                limit: .heartbeat,
                allowed: .seconds(5),
                measured: .seconds(600),
                worker: text.isEmpty ? nil : text
            ),
            retryAt: text == "plain" ? Timestamp(milliseconds: 1_767_225_600_000) : nil,
            error: nil
        )
        var expected = try StrictJSON.object(Array(JSONEncoder().encode(item)))
        expected["runId"] = .text("run")
        let payload = ItemEvent(item, of: "run").payload
        #expect(try StrictJSON.object(Array(payload.utf8)) == expected)
        let tokens = ItemEvent(item, of: "run").tokensPayload(transactionID: "refund:\(text):1")
        let fields = try StrictJSON.object(Array(tokens.utf8))
        #expect(fields["transactionId"] == .text("refund:\(text):1") && fields["amount"] == .integer(9))
        #expect(fields["reason"] == expected["reason"] && fields["userId"] == .text(text))
    }
}
