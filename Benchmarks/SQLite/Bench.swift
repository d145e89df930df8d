import BenchSupport
import Foundation
import GRDB
import TestSupport
import Unstick
import UnstickSQLite

/// The bench: one prepared pair of files, a new copy of it for every measurement, all in turns.
struct Bench {
    /// The one-by-one design is measured on this many jobs: it would take minutes for all.
    private static let oneByOneJobs = 2000

    let arguments: BenchArguments
    private let folder: URL
    let now = SQLiteStore.machineClock()

    init(_ arguments: BenchArguments) async throws {
        self.arguments = arguments
        self.folder = FileManager.default.temporaryDirectory.appending(path: "unstick-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    func run() async throws -> BenchReport {
        defer { try? FileManager.default.removeItem(at: self.folder) }
        var report = BenchReport(arguments: self.arguments)
        for part in self.arguments.parts {
            switch part {
            case .runs: try await self.measureRuns(&report)
            case .find: try await self.measureFinding(&report)
            case .work: report.work = try await self.measureWork()
            case .beats: report.beats = try await self.measureBeats()
            case .rules: report.rules = try await self.measureRules()
            case .past: report.past = try await self.measurePast()
            }
        }
        return report
    }

    // MARK: - Preparing

    func path(_ name: String) -> String { self.folder.appending(path: name + ".db").path }

    func prepare(_ name: String, jobs: Int, stuck: Int, kinds: Int = 1) async throws {
        let store = try SQLiteStore(path: self.path(name))
        var random = SeededGenerator(seed: 7)
        let batch = try await store.beginImport()
        let every = max(1, jobs / max(1, stuck))
        for start in stride(from: 0, to: jobs, by: 20_000) {
            _ = try await batch.stage(
                (start..<min(start + 20_000, jobs)).map { index in
                    let isStuck = index % every == 0 && index / every < stuck
                    let age = Duration.seconds(Int.random(in: 600..<90_000, using: &random))
                    return Job(
                        id: String(random.next(), radix: 36) + "-\(index)",
                        userID: "user-\(Int.random(in: 0..<self.arguments.users, using: &random))",
                        kind: kinds == 1 ? "image" : "k\(index / every % kinds)",
                        tier: "TIER_4K",
                        tokensCost: Int.random(in: 1...9, using: &random),
                        status: isStuck ? .processing : .completed,
                        attempt: 1,
                        createdAt: self.now - age - .seconds(5),
                        processingStartedAt: self.now - age,
                        updatedAt: self.now - age,
                        processingCompletedAt: isStuck ? nil : self.now - age + .seconds(30)
                    )
                }
            )
        }
        _ = try await batch.commit { _, _ in }
        try await store.checkpoint()
        try store.close()
    }

    private func prepareFloor() throws {
        let database = try DatabaseQueue(path: self.path("floor"))
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "ATTACH ? AS ours", arguments: [self.path("base")])
            try db.inTransaction {
                try db.execute(sql: Floor.tables)
                try db.execute(sql: Floor.copy)
                return .commit
            }
            try db.execute(sql: "DETACH ours")
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try database.close()
    }

    /// Runs a measurement over a new copy, read once so that each starts equally warm.
    func withCopy<Value>(of name: String, _ body: (String) async throws -> Value) async throws -> Value {
        let copy = self.path("copy")
        try FileManager.default.copyItem(atPath: self.path(name), toPath: copy)
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + suffix) } }
        return try await body(copy)
    }

    // MARK: - Draining

    private func measureRuns(_ report: inout BenchReport) async throws {
        say("Preparing \(self.arguments.jobs) jobs, \(self.arguments.stuck) of them stuck …")
        try await self.prepare("base", jobs: self.arguments.jobs, stuck: self.arguments.stuck)
        try self.prepareFloor()
        report.rounds = Drains.ofAllSizes
        for round in 1...self.arguments.rounds {
            say("Round \(round) of \(self.arguments.rounds) …")
            for size in report.rounds.indices {
                try await report.rounds[size].measure(ours: self.ours, floor: self.floor)
            }
            report.oneByOne.append(try await self.oneByOne())
        }
    }

    private func ours(_ batchSize: Int) async throws -> DrainMeasurement {
        try await self.withCopy(of: "base") { path in
            let store = try SQLiteStore(path: path)
            let measurement = try await Drains.ours(store, batchSize: batchSize, stuck: self.arguments.stuck)
            try store.close()
            return measurement
        }
    }

    private func floor(_ batchSize: Int) async throws -> DrainMeasurement {
        try await self.withCopy(of: "floor") { path in
            let floor = try Floor(path: path)
            let cutoff = (self.now - .seconds(300)).milliseconds
            let measurement = try await Drains.floor(batchSize: batchSize, stuck: self.arguments.stuck) {
                try floor.clean(cutoff: cutoff, now: self.now.milliseconds, limit: batchSize)
            }
            try floor.database.close()
            return measurement
        }
    }

    private func oneByOne() async throws -> DrainMeasurement {
        try await self.withCopy(of: "floor") { path in
            let floor = try Floor(path: path)
            let cutoff = (self.now - .seconds(300)).milliseconds
            let limit = min(Self.oneByOneJobs, self.arguments.stuck)
            let measurement = try await DrainMeasurement.of {
                try floor.cleanOneByOne(cutoff: cutoff, now: self.now.milliseconds, limit: limit)
            }
            try floor.database.close()
            return measurement
        }
    }

    // MARK: - Finding

    /// Finds at a hundredth of the size and at the full size, in turns, with a hundred stuck jobs and with none.
    private func measureFinding(_ report: inout BenchReport) async throws {
        say("Finding …")
        let small = self.arguments.jobs / 100
        try await self.prepare("small", jobs: small, stuck: 1000)
        try await self.prepare("large", jobs: self.arguments.jobs, stuck: 1000)
        let stores = [try SQLiteStore(path: self.path("small")), try SQLiteStore(path: self.path("large"))]
        let never = Duration.seconds(365 * 86_400)
        for (timeout, name) in [(Duration.seconds(300), "100 of 1,000 stuck"), (never, "nothing stuck")] {
            var times: [[Double]] = [[], []]
            for _ in 0..<400 {
                for (index, store) in stores.enumerated() {
                    times[index].append(try await store.timeOfFinding(asOf: self.now, timeout: timeout))
                }
            }
            report.finding.append(
                BenchReport.Finding(
                    name: name,
                    smallJobs: small,
                    largeJobs: self.arguments.jobs,
                    smallMilliseconds: median(times[0]),
                    largeMilliseconds: median(times[1])
                )
            )
        }
        for store in stores { try store.close() }
    }
}
