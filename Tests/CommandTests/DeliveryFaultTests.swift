import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL
import UnstickSQLite

/// Events when the server that sends them dies.
@Suite("Webhook deliveries after kills", .tags(.alone), .serialized, .timeLimit(.minutes(30)))
struct DeliveryFaultTests {
    private static let jobsPerRound = 15

    /// Between the commit of a run and the end of its deliveries, at a different time in each round.
    @Test("after kills between commit and delivery everything is delivered")
    func killed() async throws {
        let asked = ProcessInfo.processInfo.environment["UNSTICK_KILLS"].flatMap { Int($0) }
        let (kills, isLong) = (asked ?? 25, asked != nil)
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            let seed = UInt64.random(in: 0..<1_000_000)
            var random = SeededGenerator(seed: seed)
            var delivered = 0
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                try await store.put(.fixture(url: receiver.address + "/hook", events: ["job.*", "tokens.*"]))
                for round in 0..<kills {
                    let server = try unstick.start(
                        ["serve", "--port", "0", "--schedule", "off"],
                        environment: RecordingReceiver.allowed
                    )
                    _ = try await server.address()
                    try await store.addStuckJobs(
                        (0..<Self.jobsPerRound).map { "job-\(round)-\($0)" },
                        users: Self.jobsPerRound
                    )
                    try await Cleaner(store: store)
                        .cleanupStuckJobs(CleanupOptions(force: true))
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<700, using: &random)))
                    server.signal(SIGKILL)
                    _ = try await server.ending()
                }
                // Deliveries that a killed server claimed are free again after its lease, which only the long form waits for.
                if !isLong {
                    try await store.write(ifUnknown: .repeatIt) { transaction in
                        _ = try transaction.run(
                            "UPDATE unstick.webhook_deliveries SET next_at = 0 WHERE claim IS NOT NULL"
                        )
                    }
                }
                let server = try unstick.start(
                    ["serve", "--port", "0", "--schedule", "off"],
                    environment: RecordingReceiver.allowed
                )
                while try await store.webhooks().first?.waiting != 0 { try await Task.sleep(for: .milliseconds(200)) }
                server.signal(SIGTERM)
                _ = try await server.ending()
                let requests = receiver.requests
                let ids = Set(requests.compactMap { $0.headers["webhook-id"] })
                delivered = ids.count
                let overview = try #require(try await store.webhooks().first)
                #expect(overview.dead == 0 && overview.waiting == 0, "seed \(seed)")
                // A job that was failed and its refund: two events for each.
                #expect(
                    delivered == kills * Self.jobsPerRound * 2,
                    "seed \(seed): \(delivered) of them, \(requests.count) calls"
                )
            }
            #expect(try await store.reconcile(limit: 3).isClean)
            try store.close()
        }
    }
}
