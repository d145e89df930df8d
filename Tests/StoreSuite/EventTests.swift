import Foundation
import TestSupport
import Testing
import Tracing
import Unstick

@Suite("Events")
struct EventTests {
    @Test(
        "each job of a run has an event, and its refund another, in this order",
        arguments: StoreBackend.available
    )
    func run(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await store.add(JobFixture(id: "a", cost: 8), JobFixture(id: "b", user: "bob", cost: 0))
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(try await store.takeAll().isEmpty, "a dry run tells nothing")
            let result = try await Cleaner(store).cleanupStuckJobs()
            let sent = try await store.takeAll()
            #expect(
                sent.filter { $0.subject == "a" }.map(\.type) == ["job.timed_out", "tokens.refunded"]
            )
            #expect(sent.filter { $0.subject == "b" }.map(\.type) == ["job.timed_out"])
            #expect(sent.map(\.type).contains("cleanup.completed") && sent.count == 4)
            #expect(Set(sent.map(\.eventID)).count == 4 && sent.allSatisfy { !$0.eventID.contains(".") })
            let timedOut = try #require(sent.first { $0.subject == "a" && $0.type == "job.timed_out" })
            let fields = try timedOut.fields()
            #expect(fields["runId"] == .text(result.runID) && fields["userId"] == .text("ada"))
            #expect(fields["limitMs"] == .integer(300_000) && fields["tokensRefunded"] == .integer(8))
            let refunded = try #require(sent.first { $0.type == "tokens.refunded" }).fields()
            #expect(refunded["amount"] == .integer(8) && refunded["transactionId"] == .text("refund:a:1"))
            #expect(try await store.takeAll().isEmpty)
        }
    }

    @Test("a subscriber to some types receives only those", arguments: StoreBackend.available)
    func patterns(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(id: "money", events: ["tokens.refunded"]))
            try await store.put(.fixture(id: "runs", events: ["cleanup.*"]))
            try await store.add(JobFixture(id: "a"))
            try await Cleaner(store).cleanupStuckJobs()
            #expect(try await store.takeAll(to: "money").map(\.type) == ["tokens.refunded"])
            #expect(try await store.takeAll(to: "runs").map(\.type) == ["cleanup.completed"])
        }
    }

    @Test("a call that ends a job sends its event, with the refund", arguments: StoreBackend.available)
    func calls(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["job.*", "tokens.*"]))
            try await store.add(JobFixture(id: "failed", started: .seconds(1)))
            try await store.add(JobFixture(id: "late", user: "bob"))
            _ = try await store.fail(JobFailure(jobID: "failed", attempt: 1, message: "boom"))
            #expect(try await store.takeAll().map(\.type) == ["job.failed", "tokens.refunded"])
            try await Cleaner(store).cleanupStuckJobs()
            _ = try await store.complete(Completion(jobID: "late", attempt: 1, ifLate: .accept))
            #expect(
                try await store.takeAll().map(\.type) == ["job.timed_out", "tokens.refunded", "job.completed_late"]
            )
            _ = try await store.book(
                NewTransaction(id: "grant", userID: "ada", amount: 5, kind: .grant, source: "test")
            )
            #expect(try await store.takeAll().isEmpty, "a grant gives nothing back")
        }
    }

    @Test("a run that is held, or was interrupted, sends one event", arguments: StoreBackend.available)
    func held(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["cleanup.*"]))
            try await store.add((0..<20).map { JobFixture(id: "job-\($0)") })
            let result = try await Cleaner(store).cleanupStuckJobs()
            let held = try await store.takeAll()
            #expect(held.map(\.type) == ["cleanup.held"])
            let fields = try #require(held.first).fields()
            #expect(fields["runId"] == .text(result.runID) && fields["reason"] != nil)

            let now = try await store.now()
            var dead = Run(
                id: RandomID.timeOrdered(at: now - .seconds(600)),
                trigger: .cron,
                options: CleanupOptions(),
                timeout: nil,
                startedAt: now - .seconds(600)
            )
            dead.updatedAt = now - .seconds(500)
            try await store.record(dead, items: [])
            #expect(try await store.takeAll().isEmpty)
            try await store.approveHolds()
            try await Cleaner(store).cleanupStuckJobs()
            #expect(Set(try await store.takeAll().map(\.type)) == ["cleanup.failed", "cleanup.completed"])
            try await Cleaner(store).cleanupStuckJobs()
            #expect(try await store.takeAll().map(\.type) == ["cleanup.completed"])
        }
    }

    @Test("the trace of the caller is part of the event", arguments: StoreBackend.available)
    func trace(backend: StoreBackend) async throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await store.add(JobFixture(id: "a"))
            // The spans of this process are part of it, where one of its tests has installed a tracer.
            _ = try await ServiceContext.withValue(.continuing(trace)) { try await Cleaner(store).cleanupStuckJobs() }
            let sent = try await store.takeAll()
            #expect(
                sent.count == 3 && sent.allSatisfy { $0.traceParent?.contains(trace.split(separator: "-")[1]) == true }
            )
        }
    }
}
