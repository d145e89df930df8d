public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// What passes did with a job, the newest first.
    ///
    /// No index leads from a job to its items: that would cost every pass more than it is worth. A job's passes lie within its
    /// life, so their items are looked through, up to a number of them.
    public func items(ofJob job: Job, limit: Int) async throws -> [JobItem] {
        let facts: SQLArguments = [
            "first": .text(RandomID.first(at: job.createdAt)),
            "last": .text(RandomID.first(at: job.updatedAt + .milliseconds(1))), "limit": .integer(Self.passesOfJob),
        ]
        let now = self.clock()
        return try await self.read { db in
            let transaction = SQLiteTransaction(db: db, now: now)
            var found: [JobItem] = []
            var looked = 0
            for pass in try transaction.run(RunStatements.passesBetween, facts).rows {
                looked += try pass.integer(required: "total_found")
                guard found.count < limit, looked <= Self.itemsOfPasses else { break }
                let id = try pass.text(required: "id")
                found += try transaction.run(RunStatements.itemOfJob, ["run": .text(id), "job": .text(job.id)]).rows
                    .map { JobItem(runID: id, item: RunItem(row: $0, .sqlite)) }
            }
            return found
        }
    }

    /// How many passes are looked through for a job.
    private static let passesOfJob = 200
    /// How many items of them.
    private static let itemsOfPasses = 200_000
}
