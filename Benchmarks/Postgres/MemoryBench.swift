import BenchSupport
import Foundation
import TestSupport
import Unstick
import UnstickPostgres

/// The memory of a drain, for a small backlog and for one a hundred times as large.
///
/// Each drain has its own process, because the peak of a process never decreases.
struct MemoryBench {
    private static let small = 10_000

    private let large: Int
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        // In a short bench, smaller by the same factor as the backlog.
        self.large = max(arguments.stuck * 10, Self.small)
        self.databases = databases
    }

    func run() async throws -> MemoryReport {
        MemoryReport(
            small: try await self.peak(of: Self.small, as: "memory_small"),
            large: try await self.peak(of: self.large, as: "memory_large")
        )
    }

    private func peak(of stuck: Int, as name: String) async throws -> MemoryReport.Drain {
        try await self.databases.make(name, .init(jobs: stuck, stuck: stuck, users: max(1, stuck / 20)))
        defer { try? self.databases.drop(name) }
        say("Draining \(stuck) …")
        let answer = try PostgresCluster.run(ownExecutable, ["drain", self.databases.url(of: name)])
        guard let kilobytes = Int(answer) else { throw BenchFailure(reason: "the drain said: \(answer)") }
        let left = try self.databases.sql("SELECT count(*) FROM unstick.jobs WHERE status = 'PROCESSING'", in: name)
        guard left == "0" else { throw BenchFailure(reason: "the drain left \(left) jobs") }
        return .init(stuck: stuck, peakKilobytes: kilobytes)
    }

    /// The child: drains, and prints its peak.
    static func drainHere(url: String) async throws {
        let store = try await PostgresStore(url: url)
        let options = CleanupOptions(batchSize: 1000, drain: true, force: true)
        try await Cleaner(store: store, logger: quiet).cleanupStuckJobs(options)
        try store.close()
        print(ownPeakKilobytes())
    }
}
