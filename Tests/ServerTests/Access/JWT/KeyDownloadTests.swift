import TestTags
import Testing

@testable import UnstickServer

@Suite("Key downloads", .tags(.alone))
struct KeyDownloadTests {
    private func failure(_ behaviour: Behaviour) async throws -> KeyFailure? {
        try await MisbehavingReceiver.run(behaviour) { receiver in
            let error = await #expect(throws: (any Error).self) { try await KeyDownload.fetch(receiver.url) }
            return error as? KeyFailure
        }
    }

    @Test("returns the document", .timeLimit(.minutes(1)))
    func success() async throws {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"keys\":[]}"
        try await MisbehavingReceiver.run(.answers(answer)) { receiver in
            let document = try await KeyDownload.fetch(receiver.url)
            #expect(document == Array(#"{"keys":[]}"#.utf8))
            #expect(receiver.requests.count == 1)
        }
    }

    @Test("follows no redirection, and accepts only a successful answer", .timeLimit(.minutes(1)))
    func statuses() async throws {
        let redirected = try await self.failure(.status("302 Found", "location: https://evil.example.com/"))
        #expect(redirected == .status(302))
        #expect(try await self.failure(.status("500 Internal Server Error")) == .status(500))
        #expect(try await self.failure(.status("204 No Content")) == .status(204))
    }

    @Test("reads at most 256 kB", .timeLimit(.minutes(1)))
    func flood() async throws {
        #expect(try await self.failure(.floods(100 * 1024 * 1024)) == .tooLong)
    }

    @Test("ends in time, whether nothing arrives or a little at a time", .timeLimit(.minutes(1)))
    func slow() async throws {
        for behaviour in [Behaviour.neverAnswers, .drips(Behaviour.head(length: 100_000))] {
            try await MisbehavingReceiver.run(behaviour) { receiver in
                let error = await #expect(throws: KeyFailure.self) {
                    try await KeyDownload.fetch(receiver.url, within: .milliseconds(200))
                }
                #expect(error == .timedOut)
            }
        }
        #expect("\(KeyFailure.timedOut)" == "no answer within 5.0 seconds")
    }

    @Test("fails when no server listens, or it disconnects", .timeLimit(.minutes(1)))
    func refused() async throws {
        #expect(try await self.failure(.closesAtOnce) == nil)
        await #expect(throws: (any Error).self) { try await KeyDownload.fetch("http://127.0.0.1:1/") }
    }

    @Test("accepts no untrusted certificate", .timeLimit(.minutes(1)))
    func certificates() async throws {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
        try await MisbehavingReceiver.run(.answers(answer), tls: ReceiverCertificate.serverContext()) { receiver in
            await #expect(throws: (any Error).self) { try await KeyDownload.fetch(receiver.url(scheme: "https")) }
            #expect(receiver.requests.isEmpty)
        }
    }
}
