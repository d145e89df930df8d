import HTTPTypes
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing
import Unstick

@testable import UnstickServer

@Suite("Waiting claims", .timeLimit(.minutes(1)))
struct WaitingClaimTests {
    /// Much longer than a test may take: a claim that ends in time did not wait for it.
    private let long = Duration.seconds(3600)

    private func untilWaiting(_ count: Int, _ claims: WaitingClaims) async {
        while claims.count < count { await Task.yield() }
    }

    @Test("when the server stops, all are answered at once, and so is each later one")
    func stop() async throws {
        let claims = WaitingClaims()
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: [Job].self) { group in
                for worker in 1...3 {
                    group.addTask { try await claims.claim(for: self.long, by: "worker \(worker)") { [] } }
                }
                await self.untilWaiting(3, claims)
                trigger.triggerGracefulShutdown()
                for try await jobs in group { #expect(jobs.isEmpty) }
            }
        }
        #expect(try await claims.claim(for: self.long, by: "late") { [] }.isEmpty && claims.count == 0)
    }

    @Test(
        "an address has a limit, and all together another; a call beyond it does not wait, but gets an available job"
    )
    func bounds() async throws {
        let claims = WaitingClaims()
        try await withThrowingTaskGroup(of: [Job].self) { group in
            func add(_ count: Int, _ caller: String) {
                for _ in 0..<count { group.addTask { try await claims.claim(for: self.long, by: caller) { [] } } }
            }
            add(WaitingClaims.mostEach, "office")
            await self.untilWaiting(WaitingClaims.mostEach, claims)
            let own = await #expect(throws: Problem.self) {
                try await claims.claim(for: self.long, by: "office") { [] }
            }
            #expect(own?.status == .tooManyRequests && own?.retryAfter == 1)
            add(WaitingClaims.most - WaitingClaims.mostEach, "another")
            await self.untilWaiting(WaitingClaims.most, claims)
            let all = await #expect(throws: Problem.self) {
                try await claims.claim(for: self.long, by: "third") { [] }
            }
            #expect(all?.status == .serviceUnavailable && all?.retryAfter == 1)
            let job = Job(
                id: "job",
                userID: "ada",
                kind: "image",
                tokensCost: 1,
                status: .processing,
                attempt: 1,
                createdAt: Timestamp(seconds: 0),
                processingStartedAt: nil,
                updatedAt: Timestamp(seconds: 0)
            )
            #expect(try await claims.claim(for: self.long, by: "third") { [job] }.map(\.id) == ["job"])
            claims.end()
            try await group.waitForAll()
        }
        #expect(claims.count == 0)
    }

    @Test("a disconnected caller gets no job, and waits no longer")
    func gone() async throws {
        let claims = WaitingClaims()
        let presence = Presence()
        let asked = Mutex(0)
        async let jobs = Presence.$current.withValue(presence) {
            try await claims.claim(for: self.long, by: "worker") {
                asked.withLock { $0 += 1 }
                return []
            }
        }
        await self.untilWaiting(1, claims)
        presence.leave()
        #expect(try await jobs.isEmpty && claims.count == 0)
        let before = asked.withLock { $0 }
        _ = try await Presence.$current.withValue(presence) {
            try await claims.claim(for: self.long, by: "worker") {
                asked.withLock { $0 += 1 }
                return []
            }
        }
        #expect(asked.withLock { $0 } == before)
    }
}
