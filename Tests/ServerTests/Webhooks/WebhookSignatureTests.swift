import Foundation
import NIOCore
import Testing

@testable import UnstickServer

@Suite("Signatures of webhooks")
struct WebhookSignatureTests {
    @Test("are those of the specification")
    func vector() throws {
        let header = WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: ByteBuffer(string: #"{"test": 2432232314}"#),
            secrets: [try WebhookFixtures.secret()]
        )
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("are one for each secret, in their order")
    func secrets() {
        let secrets = [WebhookSecret.random(), WebhookSecret.random()]
        let header = { (secrets: [WebhookSecret]) in
            WebhookSignature.header(id: "a", timestamp: 1, body: ByteBuffer(string: "{}"), secrets: secrets)
        }
        #expect(header(secrets) == "\(header([secrets[0]])) \(header([secrets[1]]))")
    }

    @Test(
        "are accepted by another implementation, and no changed body is",
        .enabled("python3 and pip cannot install the package standardwebhooks here") {
            await StandardWebhooks.shared != nil
        },
        .timeLimit(.minutes(5))
    )
    func otherImplementation() async throws {
        let package = try #require(await StandardWebhooks.shared)
        defer { package.remove() }
        let (old, new) = (WebhookSecret.random(), WebhookSecret.random())
        let body = #"{"job":"j1","note":"größer → 1"}"#
        let timestamp = Int(Date().timeIntervalSince1970)
        let delivery = { (secrets: [WebhookSecret], secret: WebhookSecret, received: String) in
            let signature = WebhookSignature.header(
                id: "msg_1",
                timestamp: timestamp,
                body: ByteBuffer(string: body),
                secrets: secrets
            )
            return StandardWebhooks.Delivery(
                secret: secret.text,
                body: received,
                headers: [
                    "webhook-id": "msg_1", "webhook-timestamp": "\(timestamp)", "webhook-signature": signature,
                ]
            )
        }
        let verdicts = try await package.verify([
            delivery([new], new, body), delivery([new, old], new, body), delivery([new, old], old, body),
            delivery([new], old, body), delivery([new, old], new, body + " "), delivery([new], new, "{}"),
        ])
        #expect(verdicts == ["verified", "verified", "verified", "refused", "refused", "refused"])
    }
}
