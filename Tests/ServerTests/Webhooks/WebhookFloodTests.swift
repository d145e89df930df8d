import Foundation
import NIOCore
import TestTags
import Testing

@testable import UnstickServer

@Suite("Oversized webhook answers", .tags(.alone), .timeLimit(.minutes(1)))
struct WebhookFloodTests {
    private static let size = 100_000_000

    @Test("close the connection soon, and use no memory for the answer")
    func flood() async {
        // In its own process, whose memory no other test uses.
        await #expect(processExitsWith: .success) {
            try await MisbehavingReceiver.run(.floods(Self.size)) { receiver in
                try await WebhookFixtures.withClient { client in
                    try await client.expectSuccess(to: receiver.url)
                    let before = try Self.residentMemory()
                    for _ in 0..<10 {
                        let outcome = try await client.send(to: receiver.url)
                        #expect(outcome.isSuccess && outcome.status == 200)
                    }
                    let growth = try Self.residentMemory() - before
                    #expect(growth < 30_000_000)
                }
                #expect(receiver.connections == 11)
                // The buffers of both sockets were filled although no one read them.
                #expect(receiver.written < 11 * Self.size / 5)
            }
        }
    }

    @Test("keep the connection after a long body within the limit", arguments: [1, 1000, 65_536])
    func longBody(_ size: Int) async throws {
        try await MisbehavingReceiver.run(.floods(size)) { receiver in
            try await WebhookFixtures.withClient { client in
                for _ in 0..<3 { try await client.expectSuccess(to: receiver.url) }
            }
            #expect(receiver.connections == 1)
        }
    }

    @Test("close it when the body exceeds the limit")
    func tooLongBody() async throws {
        try await MisbehavingReceiver.run(.floods(10_000_000)) { receiver in
            try await WebhookFixtures.withClient { client in
                for _ in 0..<3 { try await client.expectSuccess(to: receiver.url) }
            }
            #expect(receiver.connections == 3)
        }
    }

    private static func residentMemory() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(pages[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
