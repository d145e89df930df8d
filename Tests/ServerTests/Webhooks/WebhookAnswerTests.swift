import NIOCore
import TestTags
import Testing

@testable import UnstickServer

@Suite("Webhook answers", .tags(.alone), .timeLimit(.minutes(1)))
struct WebhookAnswerTests {
    @Test("is for a signed request with the exact bytes of the message")
    func request() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            let body = #"{"note":"größer → 1","path":"\/"}"#
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let secrets = [WebhookSecret.random(), try WebhookFixtures.secret()]
            let message = WebhookMessage(id: "msg_1", body: ByteBuffer(string: body), traceparent: trace)
            let outcome = try await WebhookFixtures.withClient(now: 1_614_265_330) { client in
                await client.send(message, to: receiver.url + "?a=b%20c", secrets: secrets)
            }
            #expect(outcome.isSuccess && outcome.status == 200 && outcome.failure == nil && outcome.took > .zero)
            let request = try #require(receiver.requests.first)
            #expect(request.line == "POST /hook?a=b%20c HTTP/1.1")
            #expect(request.body == ByteBuffer(string: body))
            let signature = WebhookSignature.header(
                id: "msg_1",
                timestamp: 1_614_265_330,
                body: request.body,
                secrets: secrets
            )
            let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name.lowercased(), $0.value) })
            #expect(
                headers == [
                    "host": "127.0.0.1:\(receiver.port)", "content-type": "application/json",
                    "content-length": "\(body.utf8.count)", "user-agent": "Unstick/1.2.3", "webhook-id": "msg_1",
                    "webhook-timestamp": "1614265330", "webhook-signature": signature, "traceparent": trace,
                ]
            )
        }
    }

    @Test(
        "is a success only with 2xx",
        arguments: [
            ("200 OK", 200, nil), ("201 Created", 201, nil), ("299 Fine", 299, nil),
            ("304 Not Modified", 304, "The receiver answered 304; redirects are not followed."),
            ("400 Bad Request", 400, "The receiver answered 400."), ("410 Gone", 410, "The receiver answered 410."),
            ("500 Oops", 500, "The receiver answered 500."), ("999 What", 999, "The receiver answered 999."),
        ] as [(String, Int, String?)]
    )
    func status(_ line: String, _ status: Int, _ failure: String?) async throws {
        let outcome = try await self.outcome(.status(line))
        #expect(outcome.status == status)
        #expect(outcome.failure == failure)
        #expect(outcome.isSuccess == (failure == nil))
        #expect(outcome.retryAfter == nil)
    }

    @Test(
        "is not followed to another place",
        arguments: ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"]
    )
    func redirect(_ line: String) async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { target in
            let behaviour = Behaviour.status(line, "location: \(target.url)")
            let outcome = try await self.outcome(behaviour)
            #expect(outcome.status == Int(line.prefix(3)))
            #expect(outcome.failure == "The receiver answered \(line.prefix(3)); redirects are not followed.")
            #expect(target.connections == 0)
        }
    }

    @Test("is not followed back to the receiver either")
    func redirectToItself() async throws {
        try await MisbehavingReceiver.run(.status("301 Moved", "location: /other")) { receiver in
            let outcome = try await WebhookFixtures.withClient { try await $0.send(to: receiver.url) }
            #expect(outcome.status == 301)
            #expect(receiver.requests.map(\.line) == ["POST /hook HTTP/1.1"])
        }
    }

    @Test(
        "has the time of the next try",
        arguments: [
            ("429 Slow Down", "7", 7), ("429 Slow Down", "Thu, 25 Feb 2021 15:02:15 GMT", 5),
            ("502 Bad Gateway", "7", 7), ("503 Unavailable", "999999", 86_400), ("504 Timeout", "0", 0),
            ("503 Unavailable", "-7", nil), ("503 Unavailable", "soon", nil), ("200 OK", "7", nil),
        ] as [(String, String, Int?)]
    )
    func retryAfter(_ line: String, _ header: String, _ seconds: Int?) async throws {
        let outcome = try await self.outcome(.status(line, "Retry-After: \(header)"))
        #expect(outcome.status == Int(line.prefix(3)))
        #expect(outcome.retryAfter == seconds.map { .seconds($0) })
    }

    @Test("may be preceded by informational answers")
    func informational() async throws {
        let outcome = try await self.outcome(
            .answers("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        )
        #expect(outcome.isSuccess && outcome.status == 202)
    }

    @Test("counts from its head on, whatever happens to the body")
    func brokenBody() async throws {
        let outcome = try await self.outcome(.closesAfter(Behaviour.head(length: 100) + "only this"))
        #expect(outcome.isSuccess && outcome.status == 200)
    }

    @Test("leaves the connection for the next message")
    func reuse() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            try await WebhookFixtures.withClient { client in
                for _ in 0..<5 { try await client.expectSuccess(to: receiver.url) }
            }
            #expect(receiver.requests.count == 5)
            #expect(receiver.connections == 1)
        }
    }

    private func outcome(_ behaviour: Behaviour) async throws -> WebhookOutcome {
        try await MisbehavingReceiver.run(behaviour) { receiver in
            try await WebhookFixtures.withClient { try await $0.send(to: receiver.url) }
        }
    }
}
