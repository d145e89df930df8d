import Foundation
import HTTPTypes
import NIOHTTP1
import TestSupport
import Testing
import Tracing
import Unstick

@testable import UnstickServer

@Suite("Traces")
struct TraceTests {
    @Test(
        "only a valid traceparent is accepted",
        arguments: [
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra", false), ("", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\n", false),
        ]
    )
    func header(text: String, isOne: Bool) {
        #expect((TraceParent(text) != nil) == isOne)
    }

    @Test("a call's trace contains the request, the run, its batches and the database, and continues in the webhook")
    func run() async throws {
        let parent = RecordingTracer.watchNewTrace()
        try await APIHarness.run { api in
            try await api.store.put(.fixture())
            try await api.addStuck(3)
            let reply = try await api.ask(
                .post,
                "/api/admin/jobs/cleanup",
                token: api.adminToken,
                body: Data("{}".utf8),
                type: "application/json",
                headers: ["traceparent": parent]
            )
            let runID = try #require(reply.result["runId"] as? String)
            let spans = RecordingTracer.spans(of: parent)
            func span(_ name: String) throws -> RecordedSpan {
                try #require(spans.first { $0.operationName == name }, "\(spans.map(\.operationName))")
            }
            let request = try span("POST /api/admin/jobs/cleanup")
            let run = try span("unstick.cleanup")
            let batch = try span("unstick.cleanup.batch")
            #expect(request.parent == parent.split(separator: "-").map(String.init)[2])
            #expect(run.parent == request.id && batch.parent == run.id)
            #expect(spans.contains { $0.operationName == "unstick.database write" && $0.parent == batch.id })
            #expect(run.attributes.get("unstick.run_id") == .string(runID))
            #expect(request.attributes.get("http.response.status_code") == .int64(200))

            let sent = try await api.store.takeAll()
            let trace = String(parent.split(separator: "-")[1])
            #expect(sent.count == 7 && sent.allSatisfy { $0.traceParent?.contains(trace) == true })
            // The webhook is called within a span of that trace, and receives this span.
            try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
                try await WebhookFixtures.withWebhooks(api.store) { webhooks in
                    _ = await webhooks.send(sent[0], to: receiver.url, [try WebhookFixtures.secret()])
                }
                let call = try #require(
                    RecordingTracer.spans(of: parent).first { $0.operationName == "unstick.webhook" }
                )
                #expect(call.attributes.get("unstick.event_id") == .string(sent[0].eventID))
                let header = receiver.requests.first?.headers.first(name: "traceparent")
                #expect(header == "00-\(trace)-\(call.id)-01")
            }
        }
    }
}
