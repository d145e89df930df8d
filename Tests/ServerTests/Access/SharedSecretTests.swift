import Testing
import Unstick

@testable import UnstickServer

@Suite("Shared secrets")
struct SharedSecretTests {
    @Test(
        "a secret that no header can carry unchanged is refused and not shown",
        arguments: ["\n", " ", "\t", "\r\n", "\u{a0}", "\u{feff}", "ä", "\u{0}", "\u{85}", "\u{1b}"]
    )
    func unsendable(part: String) {
        let secret = "0123456789abcdef-planted"
        for text in [secret + part, part + secret, secret + part + "x"] {
            // A space inside is sent unchanged.
            if part == " ", text.hasSuffix("x") { continue }
            let error = #expect(throws: UnstickError.self) {
                try SharedSecret([secret, text], name: "CRON_SECRET", minimum: 16)
            }
            #expect(error?.code == .invalidArgument && error?.message.contains("CRON_SECRET") == true)
            #expect(error?.message.contains("planted") == false)
        }
    }

    @Test("every accepted secret matches itself as a header carries it")
    func matches() async throws {
        let all = String(String.UnicodeScalarView((0x21...0x7e).compactMap { Unicode.Scalar($0) }))
        for secret in [all, "two words", String(repeating: "x", count: 4096)] {
            try await APIHarness.run(cronSecret: try SharedSecret([secret], name: "CRON_SECRET", minimum: 1)) { api in
                let reply = try await api.get("/api/cron/cleanup-jobs", token: secret)
                #expect(reply.status == 200)
            }
        }
        #expect(throws: UnstickError.self) {
            try SharedSecret([String(repeating: "x", count: 4097)], name: "CRON_SECRET", minimum: 1)
        }
    }
}
