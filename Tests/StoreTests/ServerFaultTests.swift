import Foundation
import Synchronization
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite

/// What happens to the money when the connection or the server is lost, and when transactions block each other.
@Suite("Faults of connections and servers", .tags(.alone), .serialized, .timeLimit(.minutes(20)))
struct ServerFaultTests {
    /// How often each fault is caused: more in the long form.
    private static let times = ProcessInfo.processInfo.environment["UNSTICK_FAULTS"].flatMap { Int($0) }

    private func expectAllRefunded(_ jobs: Int, users: Int, cost: Int, in store: any Store) async throws {
        let drained = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(drain: true, force: true))
        #expect(drained.failed == 0 && !drained.more)
        try await store.expectAllRefunded(jobs, users: users, tokens: jobs * cost)
    }

    @Test(
        "a connection that is cut at the commit: the outcome is read back, no refund is lost and none is made twice",
        arguments: StoreBackend.servers,
        [CuttingRelay.Cut.before, .after]
    )
    func cutAtCommit(server: any StoreServer, cut: CuttingRelay.Cut) async throws {
        let times = Self.times ?? 200
        try await server.withStore { direct, url in
            try await direct.add(
                (0..<(times * 5)).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 40)", cost: 3) }
            )
            let relay = try CuttingRelay(to: server.port, at: server.commit)
            defer { relay.close() }
            let store = try await server.open(server.tcpURL(url, port: relay.port))
            var (passed, failed) = (0, 0)
            for _ in 0..<times {
                relay.arm(cut)
                do {
                    let result = try await Cleaner(store)
                        .cleanupStuckJobs(CleanupOptions(batchSize: 4, force: true))
                    #expect(result.cleanedUp == 4 && result.tokensRefunded == 12 && result.failed == 0)
                    passed += 1
                } catch let error as UnstickError {
                    #expect(error.code == .databaseUnavailable)
                    failed += 1
                }
            }
            #expect(relay.count == times)
            // Cut before: nothing is done, and the run says so. Cut after: the batch is done, and the run goes on.
            #expect(cut == .before ? failed == times : passed == times, "\(passed) passed, \(failed) failed")
            let runs = try await direct.runs(before: nil, limit: 500).filter {
                $0.totalFound > 0 || $0.status == .failed
            }
            #expect(runs.prefix(times).allSatisfy { $0.status == (cut == .before ? .failed : .completed) })
            try store.close()
            try await self.expectAllRefunded(times * 5, users: 40, cost: 3, in: direct)
        }
    }

    @Test(
        "a booking whose answer was lost is booked once",
        arguments: StoreBackend.servers,
        [CuttingRelay.Cut.before, .after]
    )
    func cutAtBooking(server: any StoreServer, cut: CuttingRelay.Cut) async throws {
        try await server.withStore { direct, url in
            let relay = try CuttingRelay(to: server.port, at: server.commit)
            defer { relay.close() }
            let store = try await server.open(server.tcpURL(url, port: relay.port))
            let tokens = TokenBalanceManager(store: store)
            for order in 0..<20 {
                relay.arm(cut)
                try await tokens.addTokens(10, to: "ada", key: "order-\(order)")
            }
            #expect(relay.count == 20)
            _ = try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 5))
            relay.arm(cut)
            // A start carries its own mark, by which it is read back.
            let started = try? await store.start("job")
            if case .moved(let job) = started {
                #expect(job.attempt == 1 && cut == .after)
            } else {
                #expect(cut == .before)
            }
            if cut == .before { _ = try await store.start("job") }
            relay.arm(cut)
            let completed = try? await store.complete("job", attempt: 1)
            if cut == .after { #expect(completed != nil) } else { _ = try await store.complete("job", attempt: 1) }
            #expect(try await direct.status("job") == .completed)
            #expect(try await direct.balance(of: "ada") == 195)
            try await direct.expectClean()
            try store.close()
        }
    }

    @Test(
        "a server that crashes under load: a run goes on or is recorded as failed, and the next one finishes",
        arguments: StoreBackend.servers
    )
    func restarts(like shared: any StoreServer) async throws {
        let server = try type(of: shared).start(settings: [])
        defer { server.remove() }
        let times = Self.times ?? 4
        try await server.withDatabase { url in
            // A busy machine takes long to start its server again, and the record of the run waits for that.
            let store = try await server.open(url, limits: .init(gracePeriod: .seconds(60)))
            let each = 6000
            for round in 0..<times {
                try await store.add(
                    (0..<each).map { JobFixture(id: "job-\(round)-\($0)", user: "user-\($0 % 500)", cost: 2) }
                )
                let last = try await store.runs(before: nil, limit: 1).first
                let cleanup = Task {
                    try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 5, drain: true, force: true))
                }
                // The crash comes at another point of the run in each round.
                while true {
                    let run = try await store.runs(before: nil, limit: 1).first
                    if let run, run.id != last?.id, run.cleanedUp >= 100 * round { break }
                    await Task.yield()
                }
                try server.crash()
                // A run that the crash met between a commit and its answer reads back that it was done, and goes on.
                do { #expect(try await cleanup.value.failed == 0) } catch let error as UnstickError {
                    #expect(error.code == .databaseUnavailable, "\(error)")
                    let run = try #require(try await store.runs(before: nil, limit: 1).first)
                    #expect(run.status == .failed && run.error != nil && run.more, "\(run)")
                }
                try await store.expectClean()
            }
            try await self.expectAllRefunded(each * times, users: 500, cost: 2, in: store)
            try store.close()
        }
    }

    @Test("a batch that ends in a deadlock is repeated, and refunds once", arguments: StoreBackend.servers)
    func deadlocks(server: any StoreServer) async throws {
        let (times, each) = (Self.times ?? 20, 5)
        try await server.withStore { store, url in
            // A server ends the transaction that has changed fewer rows: the other one changes all of these.
            try await store.add((0..<500).map { JobFixture(id: "done-\($0)", user: "other", status: .completed) })
            let before = try server.deadlocks(in: url)
            for round in 0..<times {
                let ids = (0..<each).map { "job-\(round)-\($0)" }
                try await store.add(ids.enumerated().map { JobFixture(id: $1, user: "user-\($0)", cost: 3) })
                let batch = CleanupBatch.fixture(limit: each, at: try await store.now())
                let (blocked, isBlocked) = AsyncStream<Void>.makeStream()
                async let other: Void = Self.block(batch, ids[0], in: store, whenBlocked: { isBlocked.finish() }) {
                    try server.waitingTransactions(in: url) > 0
                }
                for await _ in blocked {}
                #expect(try await store.clean(batch).items.allSatisfy { $0.error == nil })
                try await other
            }
            let found = try server.deadlocks(in: url) - before
            // On a busy machine the batch may give up its wait before the other transaction asks for the job.
            #expect(found > times / 2, "\(found) deadlocks")
            try await self.expectAllRefunded(times * each, users: each, cost: 3, in: store)
        }
    }

    /// Takes the run that a batch records last, and then a job that it has taken first: each waits for the other.
    ///
    /// - Parameters:
    ///   - whenBlocked: called when the transaction has the run, and when it has failed.
    ///   - isWaiting: whether the batch waits for it.
    private static func block(
        _ batch: CleanupBatch,
        _ job: String,
        in store: any SQLStore,
        whenBlocked: @Sendable @escaping () -> Void,
        isWaiting: @Sendable @escaping () throws -> Bool
    ) async throws {
        defer { whenBlocked() }
        let isFirst = Atomic(true)
        try await store.engine.write(ifUnknown: .fail) { transaction in
            // Where this one is the one that the server ends, the batch goes on.
            guard isFirst.exchange(false, ordering: .relaxed) else { return }
            try transaction.run("UPDATE unstick.jobs SET timeouts = timeouts + 1 WHERE status = 'COMPLETED'")
            try transaction.run(RunStatements.ensure, batch.run.arguments)
            whenBlocked()
            // The batch may have stopped waiting before the first query.
            let deadline = ContinuousClock.now + .seconds(10)
            while try !isWaiting(), ContinuousClock.now < deadline {}
            try transaction.run("UPDATE unstick.jobs SET kind = 'video' WHERE id = :id", ["id": .text(job)])
        }
    }
}
