import AsyncHTTPClient
import HTTPTestSupport
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TestTags
import Testing

@testable import UnstickHTTP
@testable import UnstickServer

@Suite("Webhook destinations", .tags(.alone), .timeLimit(.minutes(1)))
struct WebhookDestinationTests {
    @Test("is the address that was checked, however often the name changes")
    func rebinding() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { first in
            // The same port, because a URL has only one; another address, which a second resolution would return.
            let resolver = FakeResolver { _, call in [call == 1 ? "127.0.0.1" : call == 2 ? "127.0.0.2" : "10.0.0.1"] }
            try await WebhookFixtures.withClient(resolver: resolver) { client in
                let url = first.url(host: "receiver.test")
                try await client.expectSuccess(to: url)
                #expect(resolver.asked == ["receiver.test"])
                let moved = try await client.send(to: url)
                #expect(moved.failure == "The receiver refused the connection.")
                let inside = try await client.send(to: url)
                #expect(inside.failure?.contains("leads to an address that is not public") == true)
                #expect(inside.failure?.contains("10.0.0.1") == false)
                #expect(resolver.asked.count == 3)
                #expect(first.requests.count == 1)
                #expect(first.requests.first?.headers["host"] == ["receiver.test:\(first.port)"])
            }
        }
    }

    @Test("is resolved once for each attempt, and not at all for an address")
    func resolutions() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            let resolver = FakeResolver(["receiver.test": ["127.0.0.1"], "xn--bcher-kva.test": ["127.0.0.1"]])
            try await WebhookFixtures.withClient(resolver: resolver) { client in
                try await client.expectSuccess(to: receiver.url)
                #expect(resolver.asked.isEmpty)
                for host in ["receiver.test", "RECEIVER.test.", "xn--bcher-kva.test"] {
                    try await client.expectSuccess(to: receiver.url(host: host))
                }
                #expect(resolver.asked == ["receiver.test", "receiver.test", "xn--bcher-kva.test"])
            }
        }
    }

    @Test("is refused in sentences that reveal nothing")
    func refusals() async throws {
        try await WebhookFixtures.withClient { client in
            let unknown = try await client.send(to: "https://nowhere.test/s3cret?token=s3cret")
            #expect(unknown.failure == "nowhere.test has no address; check the host name")
            let user = try await client.send(to: "https://me:s3cret@receiver.test/")
            #expect(user.failure?.contains("user name") == true && user.failure?.contains("s3cret") == false)
            let inside = try await client.send(to: "http://10.0.0.1/s3cret")
            #expect(inside.failure?.contains("not a public address") == true)
            #expect(inside.failure?.contains("s3cret") == false)
        }
    }

    @Test("is resolved no longer than the attempt may take")
    func hangingResolver() async throws {
        struct Hanging: AddressResolver {
            func addresses(of host: String) async throws -> [IPAddress] {
                try await Task.sleep(for: .seconds(600))
                return []
            }
        }
        try await WebhookFixtures.withClient(timeout: WebhookFixtures.shortTimeout, resolver: Hanging()) { client in
            let outcome = try await client.send(to: "https://receiver.test/")
            #expect(outcome.failure == "The attempt timed out after 300 ms.")
        }
        try await WebhookFixtures.withClient(resolver: Hanging()) { client in
            let attempt = Task { try await client.send(to: "https://receiver.test/") }
            attempt.cancel()
            let outcome = try await attempt.value
            #expect(outcome.failure == "The attempt was stopped before the receiver answered.")
        }
    }

    @Test("is a host with its own trusted certificate")
    func certificates() async throws {
        let resolver = FakeResolver(["receiver.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]])
        let tls = try ReceiverCertificate.serverContext()
        try await MisbehavingReceiver.run(.status("200 OK"), tls: tls) { receiver in
            let urls = ["receiver.test", "127.0.0.1", "other.test"].map { receiver.url(host: $0, scheme: "https") }
            try await WebhookFixtures.withClient(resolver: resolver) { client in
                let outcome = try await client.send(to: urls[0])
                #expect(outcome.failure == "TLS failed: the receiver's certificate is not trusted.")
            }
            #expect(receiver.requests.isEmpty)
            let roots = try ReceiverCertificate.trustRoots()
            try await WebhookFixtures.withClient(resolver: resolver, trustRoots: roots) { client in
                try await client.expectSuccess(to: urls[0])
                try await client.expectSuccess(to: urls[1])
                let outcome = try await client.send(to: urls[2])
                #expect(outcome.failure == "TLS failed: the receiver's certificate is for another host.")
            }
            #expect(receiver.requests.count == 2)
        }
    }

    @Test("is never called without encryption when TLS fails")
    func noTLS() async throws {
        try await MisbehavingReceiver.run(.answers("HTTP/1.1 200 OK\r\n\r\n")) { receiver in
            try await WebhookFixtures.withClient(timeout: WebhookFixtures.shortTimeout) { client in
                let outcome = try await client.send(to: receiver.url(scheme: "https"))
                #expect(!outcome.isSuccess)
                #expect(receiver.requests.isEmpty)
            }
        }
    }

    @Test("is no other peer, even if the client resolved a name by itself")
    func wrongPeer() async throws {
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            let policy = DestinationPolicy(allowsHTTP: true, allowedNetworks: [try network("127.0.0.0/8")])
            let url = try DestinationURL(receiver.url(host: "receiver.test"), policy: policy)
            var configuration = HTTPClient.Configuration.pinned(
                to: Destination(url: url, address: try address("127.0.0.2")),
                connectTimeout: .seconds(5),
                trustRoots: .default
            )
            configuration.dnsOverride = ["receiver.test": "127.0.0.1"]
            let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
            await #expect(throws: HTTPClient.Configuration.WrongPeer.self) {
                try await client.execute(HTTPClientRequest(url: url.text), timeout: .seconds(30))
            }
            try await client.shutdown()
            #expect(receiver.requests.isEmpty)
        }
    }
}
