import Crypto
import Foundation
import Testing

@testable import UnstickServer

@Suite("Secrets of webhooks")
struct WebhookSecretTests {
    private static func sample(bytes: Int) -> String {
        "whsec_" + Data(repeating: 7, count: bytes).base64EncodedString()
    }

    @Test("are read and written in their usual text", arguments: [24, 25, 26, 32, 64])
    func text(_ bytes: Int) throws {
        let text = Self.sample(bytes: bytes)
        let secret = try #require(WebhookSecret(text))
        #expect(secret.text == text)
        #expect(secret.key.bitCount == bytes * 8)
        #expect(WebhookSecret(secret.text) == secret)
    }

    @Test(
        "are refused in any other form",
        arguments: [
            "", "whsec_", "whsec_!", Self.sample(bytes: 23), Self.sample(bytes: 65),
            String(Self.sample(bytes: 32).dropFirst(6)),
            " " + Self.sample(bytes: 32), Self.sample(bytes: 32) + "\n", "WHSEC_" + Self.sample(bytes: 32).dropFirst(6),
            String(Self.sample(bytes: 32).dropLast()),
        ]
    )
    func strict(_ text: String) {
        #expect(WebhookSecret(text) == nil)
    }

    @Test("are random, of 32 bytes")
    func random() {
        let secrets = Set((0..<100).map { _ in WebhookSecret.random() })
        #expect(secrets.count == 100)
        #expect(secrets.allSatisfy { $0.key.bitCount == 256 && WebhookSecret($0.text) == $0 })
    }

    @Test("appear nowhere by accident")
    func hidden() {
        struct Holder { let secret: WebhookSecret }
        let secret = WebhookSecret.random()
        var dumped = ""
        dump(Holder(secret: secret), to: &dumped)
        let shown = [
            "\(secret)", String(reflecting: secret), "\([secret])", "\(Holder(secret: secret))",
            "\(Optional(secret) as Any)", dumped,
        ]
        for text in shown {
            #expect(text.contains("whsec_***"))
            #expect(!text.contains(secret.text.dropFirst(6)))
            #expect(!text.contains("SymmetricKey"))
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }
}
