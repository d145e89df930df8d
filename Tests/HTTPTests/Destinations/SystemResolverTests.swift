import Dispatch
import HTTPTestSupport
import NIOPosix
import Testing

@testable import UnstickHTTP

@Suite("The system's resolver")
struct SystemResolverTests {
    @Test("finds localhost, which is refused")
    func localhost() async throws {
        let found = try await SystemResolver().addresses(of: "localhost")
        #expect(!found.isEmpty && found.allSatisfy { $0.specialPurpose == "loopback" }, "\(found)")
        #expect(Set(found).count == found.count)
        await #expect(throws: RefusedDestination.self) { try await DestinationGuard().check("https://localhost/") }
    }

    @Test("reads unusual forms as addresses, so that they are checked", arguments: ["127.1", "0x7f.1", "2130706433"])
    func oddForms(_ host: String) async throws {
        #expect(try await SystemResolver().addresses(of: host) == [address("127.0.0.1")])
    }

    @Test("does not cut a name at a zero")
    func zero() async throws {
        #expect(try await SystemResolver().addresses(of: "localhost\0.example.com") == [])
    }

    @Test("does not delay its caller behind a thread that hangs")
    func limit() async throws {
        try await self.withBlockedPool { threads in
            let resolver = SystemResolver(threads: threads, timeLimit: .milliseconds(20))
            let failure = await #expect(throws: ResolutionFailed.self) { try await resolver.addresses(of: "localhost") }
            #expect(failure?.reason.contains("no answer") == true)
        }
    }

    @Test("ends at once when its caller is cancelled")
    func cancellation() async throws {
        try await self.withBlockedPool { threads in
            let resolver = SystemResolver(threads: threads, timeLimit: .seconds(3600))
            let task = Task { try await resolver.addresses(of: "localhost") }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("fails with a pool that has stopped")
    func stopped() async throws {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        try await threads.shutdownGracefully()
        await #expect(throws: ResolutionFailed.self) {
            try await SystemResolver(threads: threads).addresses(of: "localhost")
        }
    }

    /// Runs a body with a pool whose only thread hangs.
    private func withBlockedPool(_ body: (NIOThreadPool) async -> Void) async throws {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let release = DispatchSemaphore(value: 0)
        threads.submit { _ in release.wait() }
        await body(threads)
        release.signal()
        try await threads.shutdownGracefully()
    }
}
