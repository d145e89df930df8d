import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Charges the user and creates the job, both or neither.
    public func create(_ job: NewJob) async throws -> Job {
        try job.validate()
        let now = self.clock()
        return try await self.write { db in
            if let known = try Self.job(job.id, in: db) {
                return try job.repeated(known)
            }
            if job.tokensCost > 0 { _ = try Self.book(job.spend, at: now, in: db) }
            try Self.run(
                JobStatements.create,
                [
                    "id": job.id, "user": job.userID, "kind": job.kind, "tier": job.tier, "cost": job.tokensCost,
                    "now": now.milliseconds,
                ],
                in: db
            )
            return try Self.existing(job.id, in: db)
        }
    }

    /// Moves a pending job to a worker, if nobody was first.
    public func start(_ jobID: String) async throws -> JobTransition {
        try await self.transition(JobStatements.start, jobID, [:])
    }

    /// Completes the job, if it is still processing in this attempt.
    public func complete(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.transition(JobStatements.complete, jobID, ["attempt": attempt])
    }

    private func transition(
        _ sql: String,
        _ jobID: String,
        _ guards: StatementArguments
    ) async throws -> JobTransition {
        let now = self.clock()
        return try await self.write { db in
            let moved = try Self.run(sql, guards + ["id": jobID, "now": now.milliseconds], in: db)
            guard let job = try Self.job(jobID, in: db) else { return .missing }
            return moved == 1 ? .moved(job) : .refused(job)
        }
    }

    /// The job, or `nil`.
    public func job(_ jobID: String) async throws -> Job? {
        try await self.read { try Self.job(jobID, in: $0) }
    }

    /// Jobs, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> [Job] {
        let sql = JobStatements.list(
            byStatus: filter.status != nil,
            byUser: filter.userID != nil,
            byKind: filter.kind != nil
        )
        return try await self.read { db in
            let statement = try db.cachedStatement(sql: sql)
            statement.setUncheckedArguments([
                "created": cursor?.createdAt.milliseconds ?? Int.max, "id": cursor?.id ?? "",
                "user": filter.userID, "status": filter.status?.rawValue, "kind": filter.kind, "limit": limit,
            ])
            return try Row.fetchAll(statement).map { try Job(row: $0) }
        }
    }

    static func job(_ id: String, in db: Database) throws -> Job? {
        try Row.fetchOne(db.cachedStatement(sql: JobStatements.find), arguments: ["id": id]).map { try Job(row: $0) }
    }

    private static func existing(_ id: String, in db: Database) throws -> Job {
        guard let job = try Self.job(id, in: db) else {
            throw UnstickError(.notFound, "There is no job '\(id)'.")
        }
        return job
    }
}
