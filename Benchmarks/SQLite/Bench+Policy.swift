import BenchSupport
import Foundation
import GRDB
import TestSupport
import Unstick
import UnstickSQLite

extension Bench {
    /// A run with a hundred rules beside one with a single rule, over copies of one backlog.
    func measureRules() async throws -> Duel {
        let stuck = self.arguments.ruleJobs
        try await self.prepare("rules", jobs: 10 * stuck, stuck: stuck, kinds: ManyRules.kinds)
        say("Draining by rules …")
        func drain(by policy: Policy) async throws -> Double {
            try await self.withCopy(of: "rules") { path in
                let store = try SQLiteStore(path: path)
                defer { try? store.close() }
                return try await ManyRules.drain(store, by: policy, stuck: stuck)
            }
        }
        return try await Duel("batches of 1000", rounds: self.arguments.rounds) { _ in
            try await drain(by: ManyRules.hundred)
        } other: { _ in
            try await drain(by: ManyRules.one)
        }
    }

    /// The cost of learning limits, from few jobs and from a hundred times as many.
    func measurePast() async throws -> PastReport {
        let large = self.arguments.pastJobs ?? 10 * self.arguments.jobs
        var report = PastReport()
        for jobs in [max(1, large / 100), large] {
            say("Learning from \(jobs) jobs …")
            let path = self.path("past-\(jobs)")
            try self.preparePast(path, jobs: jobs)
            defer { try? FileManager.default.removeItem(atPath: path) }
            report.readings.append(
                try PastReport.Reading(answer: try await ChildProcess.run([ownExecutable, "learn", path]))
            )
        }
        return report
    }

    /// The child.
    static func learnHere(path: String) async throws {
        let store = try SQLiteStore(path: path)
        try await PastReport.Reading.readHere(store)
        try store.close()
    }

    /// Fills a table with completed jobs; without its indices, which the reading does not use.
    private func preparePast(_ path: String, jobs: Int) throws {
        try SQLiteStore(path: path).close()
        let pool = try SQLiteStore.openPool(path: path)
        try pool.write { db in
            let indices = try String.fetchAll(
                db,
                sql: "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'jobs' AND sql IS NOT NULL"
            )
            for index in indices { try db.execute(sql: "DROP INDEX \(index)") }
        }
        let step = 500_000
        for start in stride(from: 0, to: jobs, by: step) {
            try pool.write { db in
                try db.execute(
                    sql: """
                        INSERT INTO jobs (id, user_id, kind, tier, cost, status, attempt, charge, created_at, available_at,
                            processing_started_at, updated_at, processing_completed_at)
                        WITH RECURSIVE numbers (n, chance) AS (
                            SELECT :from, abs(random() / 2)
                            UNION ALL SELECT n + 1, abs(random() / 2) FROM numbers WHERE n + 1 < :to
                        )
                        SELECT printf('%010d', n), 'user-' || chance % 1000, 'k' || chance / 7 % :kinds, 'TIER_4K', 1,
                            'COMPLETED', 1, 1, :now + n, :now + n, :now + n, :now + n,
                            :now + n + 1000 + chance / 999 % 60000
                        FROM numbers
                        """,
                    arguments: [
                        "from": start, "to": min(start + step, jobs), "kinds": PastReport.kinds,
                        "now": self.now.milliseconds - 90_000_000,
                    ]
                )
            }
        }
        try pool.close()
    }
}
