import BenchSupport
import Foundation
import Unstick
import UnstickPostgres

/// A run over the whole backlog, beside the hand-written statement and the design that it replaces.
struct RunBench {
    private static let batchSizes = [100, 1000, 10_000]
    /// The number of turns of a run.
    private static let turns = 10

    private let arguments: BenchArguments
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.arguments = arguments
        self.databases = databases
    }

    func run() async throws -> RunReport {
        try await self.databases.make(
            "base",
            .init(jobs: self.arguments.jobs, stuck: self.arguments.stuck, users: self.arguments.users)
        )
        var report = RunReport(trips: try await RoundTrips(self.databases, base: "base").count())
        let peer = Procrastinate(self.arguments, self.databases)
        if peer == nil { say("No --peers, or no such Python: Procrastinate is left out.") }
        for round in 1...self.arguments.rounds {
            for batchSize in Self.batchSizes where batchSize <= self.arguments.stuck {
                say("Round \(round) of \(self.arguments.rounds), batches of \(batchSize) …")
                report.add(try await self.contest(batchSize), batchSize: batchSize)
            }
            if let peer { report.procrastinate.append(try peer.measure()) }
        }
        try self.databases.drop("base")
        return report
    }

    /// One run of ours; the others have their turns while it waits between two of its batches.
    ///
    /// The turns are ours, floor, floor, ours, ours, floor, … so that neither always follows the other.
    private func contest(_ batchSize: Int) async throws -> RunReport.Round {
        for name in ["ours", "floor"] { try self.databases.copy("base", to: name) }
        defer { for name in ["ours", "floor"] { try? self.databases.drop(name) } }
        let store = try await PostgresStore(url: self.databases.url(of: "ours"))
        let others = try Others(self.databases, backlog: self.arguments.stuck, batchSize: batchSize)
        let turn = max(self.arguments.stuck / Self.turns, batchSize)
        var ours = Meter(others.server, database: "ours")
        var (measured, boundary) = (0, turn)
        ours.start()
        let result = try await Cleaner(store: store, logger: quiet).cleanupStuckJobs(
            CleanupOptions(batchSize: batchSize, drain: true, force: true)
        ) { progress in
            guard progress.done >= boundary else { return }
            ours.stop(jobs: progress.done - measured)
            try others.takeTurns(jobs: 2 * turn)
            (measured, boundary) = (progress.done, boundary + 2 * turn)
            ours.start()
        }
        ours.stop(jobs: result.cleanedUp - measured)
        guard try await store.reconcile(limit: 1).isClean, result.cleanedUp == self.arguments.stuck else {
            throw BenchFailure(reason: "the run left a mismatch or a job")
        }
        try store.close()
        return .init(ours: ours.cost, floor: others.floorMeter.cost, seed: others.seedMeter.cost)
    }
}

/// The contestants beside a run, over one copy of the backlog.
private final class Others {
    let server: ServerProcesses
    private(set) var floorMeter: Meter
    private(set) var seedMeter: Meter
    private let floor: Floor
    private let seed: SeedDesign
    private let batchSize: Int
    /// How many jobs the replaced design takes in a turn: it would take minutes for as many as the others.
    private let seedJobs: Int

    init(_ databases: BenchDatabases, backlog: Int, batchSize: Int) throws {
        self.server = try ServerProcesses(databases.cluster)
        self.floor = try Floor(url: databases.url(of: "floor"))
        self.seed = try SeedDesign(url: databases.url(of: "floor"))
        self.floorMeter = Meter(self.server, database: "floor")
        self.seedMeter = Meter(self.server, database: "floor")
        self.batchSize = batchSize
        self.seedJobs = max(100, backlog / 500)
    }

    func takeTurns(jobs: Int) throws {
        self.floorMeter.start()
        var done = 0
        while done < jobs {
            let taken = try self.floor.clean(limit: self.batchSize)
            done += taken
            if taken < self.batchSize { break }
        }
        self.floorMeter.stop(jobs: done)
        self.seedMeter.start()
        self.seedMeter.stop(jobs: try self.seed.clean(atLeast: self.seedJobs))
    }
}
