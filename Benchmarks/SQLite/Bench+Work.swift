import BenchSupport
import Foundation
import GRDB
import Unstick
import UnstickSQLite

extension Bench {
    /// The other jobs in a table beside the waiting or running ones.
    private var history: Int { min(self.arguments.jobs, 100_000) }

    /// Workers that claim and complete, beside bare ones on a copy of the same file.
    func measureWork() async throws -> [Duel] {
        let jobs = self.arguments.workJobs
        try await self.prepare("work", jobs: self.history, stuck: 0)
        let store = try SQLiteStore(path: self.path("work"))
        try await Workers.fill(store, jobs: jobs)
        try await store.checkpoint()
        return try await self.withCopy(of: "work") { path in
            let bare = try SQLiteStore.openPool(path: path)
            let worker = BareWorker(bare)
            say("Working …")
            let duels = try await Workers.compare(
                jobs: jobs,
                rounds: self.arguments.rounds,
                store: store,
                others: (0..<(Workers.counts.max() ?? 1)).map { _ in { try await worker.step() } }
            )
            try store.close()
            try bare.close()
            return duels
        }
    }

    /// Heartbeats, beside an update of the job's own row in another copy.
    func measureBeats() async throws -> Beats.Report {
        try await self.prepare("beats", jobs: self.history, stuck: 0)
        let store = try SQLiteStore(path: self.path("beats"))
        let beats = try await Beats(store, count: self.arguments.beats, rounds: self.arguments.rounds)
        try await store.checkpoint()
        return try await self.withCopy(of: "beats") { path in
            let rows = try SQLiteStore.openPool(path: path)
            say("Beating …")
            let report = try await beats.compare { jobs in
                try await rows.write { db in
                    let now = SQLiteStore.machineClock().milliseconds
                    let update = try db.cachedStatement(
                        sql: """
                            UPDATE jobs SET updated_at = :now
                            WHERE id = :id AND attempt = :attempt AND status = 'PROCESSING'
                            """
                    )
                    for job in jobs {
                        try update.execute(arguments: ["id": job.id, "attempt": job.attempt, "now": now])
                        guard db.changesCount == 1 else { throw BenchFailure(reason: "a job's row was not there") }
                    }
                }
            }
            try store.close()
            try rows.close()
            return report
        }
    }
}
