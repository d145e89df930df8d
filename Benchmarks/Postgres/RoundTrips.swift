import BenchSupport
import Foundation
import TestSupport
import Unstick
import UnstickPostgres

/// Counts how often a run waits for the database, on the network.
struct RoundTrips {
    private let databases: BenchDatabases
    private let base: String

    init(_ databases: BenchDatabases, base: String) {
        self.databases = databases
        self.base = base
    }

    func count() async throws -> RunReport.Trips {
        try self.databases.copy(self.base, to: "trips")
        defer { try? self.databases.drop("trips") }
        let relay = try CountingRelay(to: self.databases.cluster.port)
        let url = self.databases.cluster.tcpURL(self.databases.url(of: "trips"), port: relay.port)
        let store = try await PostgresStore(url: url)
        let cleaner = Cleaner(store: store, logger: quiet)
        var (batches, before): ([Int], Int) = ([], 0)
        let drain = CleanupOptions(batchSize: 1000, drain: true, force: true)
        try await cleaner.cleanupStuckJobs(drain) { _ in
            // The first batch includes the start of the run, so it does not count.
            if before > 0 { batches.append(relay.roundTrips - before) }
            before = relay.roundTrips
        }
        let idle = relay.roundTrips
        try await cleaner.cleanupStuckJobs(drain)
        defer { try? store.close() }
        return .init(batch: batches.max() ?? 0, idleTick: relay.roundTrips - idle)
    }
}
