import HTTPTestSupport
import NIOCore
import Testing

@testable import UnstickHTTP

@Suite("The guard of destinations")
struct DestinationGuardTests {
    @Test("accepts and refuses URLs", arguments: URLRow.all)
    func table(_ row: URLRow) async throws {
        let resolver = FakeResolver(URLRow.names)
        let destinations = DestinationGuard(resolver: resolver)
        switch row.outcome {
        case .to(let text):
            let destination = try await destinations.check(row.url)
            #expect(try destination.address == address(text))
            #expect(destination.text == row.url)
        case .refused(let words):
            let refusal = try #require(await self.refusal(of: row.url, by: destinations))
            #expect(refusal.description.contains(words), "\(refusal)")
            #expect(refusal.description.utf8.allSatisfy { $0 >= 0x20 }, "\(refusal)")
            #expect(!refusal.description.contains("secret"))
        }
        #expect(resolver.asked.count <= 1)
    }

    private func refusal(of url: String, by destinations: DestinationGuard) async -> RefusedDestination? {
        await #expect(throws: RefusedDestination.self) { try await destinations.check(url) }
    }

    @Test("splits URLs into their parts")
    func parts() async throws {
        let policy = DestinationPolicy(allowsHTTP: true)
        let destinations = DestinationGuard(policy: policy, resolver: FakeResolver(URLRow.names))
        let plain = try await destinations.check("http://Example.COM.:8080?a=/b")
        #expect(plain.scheme == .http && plain.host == .name("example.com") && plain.port == 8080)
        #expect(plain.url.target == "/?a=/b" && plain.url.authority == "example.com:8080")
        #expect("\(plain.address)" == "93.184.216.34")
        let secure = try await destinations.check("https://[2606:4700:4700:0::1111]/Hook/?x")
        #expect(secure.scheme == .https && secure.port == 443 && secure.url.target == "/Hook/?x")
        #expect(secure.url.authority == "[2606:4700:4700::1111]")
        #expect(try await destinations.check("http://example.com").port == 80)
        #expect(try await destinations.check("https://example.com").url.target == "/")
    }

    @Test("accepts a URL of exactly the longest length")
    func length() async throws {
        let destinations = DestinationGuard(resolver: FakeResolver(URLRow.names))
        let url = "https://example.com/"
        let longest = url + String(repeating: "a", count: 2000 - url.utf8.count)
        #expect(try await destinations.check(longest).text == longest)
        #expect(await self.refusal(of: longest + "a", by: destinations) != nil)
    }

    @Test("resolves neither an address nor a refused URL")
    func literals() async throws {
        let resolver = FakeResolver(["8.8.8.8": ["10.0.0.1"]])
        let destinations = DestinationGuard(resolver: resolver)
        #expect(try await destinations.check("https://8.8.8.8/").address == address("8.8.8.8"))
        for url in ["https://10.0.0.1/", "https://127.1/", "https://example.com:25/", "http://example.com/"] {
            #expect(await self.refusal(of: url, by: destinations) != nil, "\(url)")
        }
        #expect(resolver.asked.isEmpty)
    }

    @Test("resolves once for each check, and refuses a name that has moved to an internal address since")
    func rebinding() async throws {
        let resolver = FakeResolver { _, call in call == 1 ? ["93.184.216.34"] : ["127.0.0.1"] }
        let destinations = DestinationGuard(resolver: resolver)
        #expect(try await destinations.check("https://rebind.example/").address == address("93.184.216.34"))
        #expect(resolver.asked == ["rebind.example"])
        let refusal = try #require(await self.refusal(of: "https://rebind.example/", by: destinations))
        #expect(try refusal.address == address("127.0.0.1"))
        #expect(!refusal.description.contains("127.0.0.1"))
        #expect(resolver.asked == ["rebind.example", "rebind.example"])
    }

    @Test(
        "allows networks that the operator allowed",
        arguments: [
            ("https://10.0.0.5/", "10.0.0.5"), ("https://[::ffff:10.0.0.5]/", "10.0.0.5"), ("https://10.1.0.0/", nil),
            ("https://inside.example/", "10.0.0.5"), ("https://mappedinside.example/", "10.0.0.5"),
            ("https://[fd00::1]/", "fd00::1"), ("https://[fd01::1]/", nil),
            ("https://mixed6.example/", "93.184.216.34"),
            ("https://mixed.example/", nil), ("https://localhost/", nil), ("https://[64:ff9b::10.0.0.5]/", nil),
            ("https://[::10.0.0.5]/", nil), ("https://10.0.0.5:22/", nil), ("http://10.0.0.5/", nil),
            ("https://example.com/", "93.184.216.34"),
        ]
    )
    func allowed(_ url: String, _ expected: String?) async throws {
        let policy = DestinationPolicy(allowedNetworks: [try network("10.0.0.0/16"), try network("fd00::/16")])
        let destinations = DestinationGuard(policy: policy, resolver: FakeResolver(URLRow.names))
        if let expected {
            #expect(try await destinations.check(url).address == address(expected))
        } else {
            #expect(await self.refusal(of: url, by: destinations) != nil)
        }
    }

    @Test("throws the resolver's errors, because they are no refusal")
    func failing() async throws {
        struct Failing: AddressResolver {
            func addresses(of host: String) async throws -> [IPAddress] {
                throw ResolutionFailed(host: host, reason: "no server answers")
            }
        }
        await #expect(throws: ResolutionFailed(host: "example.com", reason: "no server answers")) {
            try await DestinationGuard(resolver: Failing()).check("https://example.com/")
        }
    }
}
