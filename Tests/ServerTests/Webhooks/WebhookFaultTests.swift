import NIOCore
import NIOSSL
import TestTags
import Testing

@testable import UnstickServer

@Suite("Webhook faults", .tags(.alone), .timeLimit(.minutes(1)))
struct WebhookFaultTests {
    @Test(
        "fail with a sentence that has the reason",
        arguments: [
            (.closesAtOnce, "The receiver closed the connection before it answered."),
            (.closesAfter("HTTP/1.1 20"), "The receiver closed the connection before it answered."),
            (.closesAfter("HTTP/1.1 200 OK\r\nx: y\r\n"), "The receiver closed the connection before it answered."),
            (.answers("220 mail.receiver.test ESMTP\r\n"), "The receiver's answer is not valid HTTP."),
            (.answers("HTTP/1.1 200 OK\r\n: \0\r\n\r\n"), "The receiver's answer is not valid HTTP."),
            (
                .answers("HTTP/1.1 200 OK\r\nx: \(String(repeating: "x", count: 1 << 20))\r\n\r\n"),
                "The receiver's answer is not valid HTTP."
            ),
        ] as [(Behaviour, String)]
    )
    func sentences(_ behaviour: Behaviour, _ sentence: String) async throws {
        try await MisbehavingReceiver.run(behaviour) { receiver in
            let outcome = try await WebhookFixtures.withClient { try await $0.send(to: receiver.url) }
            #expect(outcome.failure == sentence)
            #expect(outcome.status == nil && !outcome.isSuccess)
        }
    }

    @Test("end after their time", arguments: [.neverAnswers, .drips("HTTP/1.1 200 OK\r\nx: ")] as [Behaviour])
    func timeout(_ behaviour: Behaviour) async throws {
        try await MisbehavingReceiver.run(behaviour) { receiver in
            let outcome = try await WebhookFixtures.withClient(timeout: WebhookFixtures.shortTimeout) {
                try await $0.send(to: receiver.url)
            }
            #expect(outcome.failure == "The attempt timed out after 300 ms.")
            #expect(outcome.status == nil && !outcome.isSuccess)
            #expect(outcome.took >= WebhookFixtures.shortTimeout)
        }
    }

    @Test("fail when no server listens")
    func refused() async throws {
        try await MisbehavingReceiver.run(.neverAnswers) { receiver in
            // Its port is taken on 127.0.0.1, so no other program listens there on another address either.
            let outcome = try await WebhookFixtures.withClient {
                try await $0.send(to: receiver.url(host: "127.0.0.9"))
            }
            #expect(outcome.failure == "The receiver refused the connection.")
        }
    }

    @Test("are not extended beyond the time limit by a slow body")
    func drippingBody() async throws {
        try await MisbehavingReceiver.run(.drips(Behaviour.head(length: 1000))) { receiver in
            // Longer than usual, because the head must arrive in time on a busy machine.
            let timeout = Duration.seconds(2)
            let outcome = try await WebhookFixtures.withClient(timeout: timeout) { try await $0.send(to: receiver.url) }
            #expect(outcome.isSuccess && outcome.status == 200)
            #expect(outcome.took >= timeout)
        }
    }

    @Test("accept many headers, if they end")
    func manyHeaders() async throws {
        let headers = (0..<20).map { "x-\($0): \(String(repeating: "x", count: 50_000))" }
        try await MisbehavingReceiver.run(.status("200 OK", headers.joined(separator: "\r\n"))) { receiver in
            let outcome = try await WebhookFixtures.withClient { try await $0.send(to: receiver.url) }
            #expect(outcome.isSuccess)
        }
    }

    @Test("end at once when they are cancelled")
    func cancellation() async throws {
        try await MisbehavingReceiver.run(.neverAnswers) { receiver in
            try await WebhookFixtures.withClient(timeout: .seconds(600)) { client in
                async let outcome = client.send(to: receiver.url)
                while receiver.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
                let attempt = Task { try await client.send(to: receiver.url) }
                while receiver.requests.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
                attempt.cancel()
                let cancelled = try await attempt.value
                #expect(cancelled.failure == "The attempt was stopped before the receiver answered.")
                await client.shutdown()
                let stopped = try await outcome
                #expect(stopped.failure == "The attempt was stopped before the receiver answered.")
                let late = try await client.send(to: receiver.url)
                #expect(late.failure == "The attempt was stopped before the receiver answered.")
            }
        }
    }

    @Test("do not delay calls to others")
    func independence() async throws {
        try await MisbehavingReceiver.run(.neverAnswers) { hanging in
            try await MisbehavingReceiver.run(.status("200 OK")) { healthy in
                try await WebhookFixtures.withClient(timeout: .seconds(600)) { client in
                    try await withThrowingTaskGroup(of: WebhookOutcome.self) { group in
                        for _ in 0..<20 { group.addTask { try await client.send(to: hanging.url) } }
                        while hanging.requests.count < 20 { try await Task.sleep(for: .milliseconds(1)) }
                        for _ in 0..<20 {
                            let outcome = try await client.send(to: healthy.url)
                            #expect(outcome.isSuccess)
                        }
                        group.cancelAll()
                        for try await outcome in group { #expect(!outcome.isSuccess) }
                    }
                }
            }
        }
    }

    @Test("are not sent without a signature")
    func unsigned() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            let outcome = try await WebhookFixtures.withClient {
                await $0.send(WebhookFixtures.message(), to: receiver.url, secrets: [])
            }
            #expect(outcome.failure?.contains("no secret") == true)
            #expect(receiver.connections == 0)
        }
    }

    @Test("are not sent with a line break where a header allows none")
    func headerInjection() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            let outcome = try await WebhookFixtures.withClient {
                try await $0.send(to: receiver.url, message: WebhookFixtures.message(id: "a\r\nx-injected: 1"))
            }
            #expect(!outcome.isSuccess)
            #expect(receiver.requests.isEmpty)
        }
    }
}
