public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Charges the user and creates the job, both or neither.
    public func create(_ job: NewJob) async throws -> Job {
        try self.requireOwnTables()
        try job.validate()
        return try await self.write(ifUnknown: .repeatIt) { transaction in
            // The balance first, as everywhere: whoever creates the same job at the same time waits here.
            let locks =
                job.tokensCost > 0
                ? [
                    PostgresCall(LedgerStatements.ensureBalance, ["user": .text(job.userID)]),
                    PostgresCall(LedgerStatements.lockBalance, ["user": .text(job.userID)]),
                ] : []
            let results = try transaction.run(locks + [Self.find(job.id)])
            if let known = try results.last?.first.map({ try Job(row: $0) }) { return try job.repeated(known) }
            if job.tokensCost > 0 { _ = try Self.book(job.spend, in: transaction) }
            let created = try transaction.run([
                PostgresCall(
                    JobStatements.create,
                    [
                        "id": .text(job.id), "user": .text(job.userID), "kind": .text(job.kind),
                        "tier": SQLValue(job.tier), "cost": .integer(job.tokensCost),
                    ]
                ), Self.find(job.id),
            ])
            return try Job(row: created[1].only())
        }
    }

    /// Moves a pending job to a worker, if nobody was first.
    public func start(_ jobID: String) async throws -> JobTransition {
        try await self.transition(JobStatements.start, ["id": .text(jobID)], ifUnknown: .tell)
    }

    /// Completes the job, if it is still processing in this attempt.
    public func complete(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.transition(
            JobStatements.complete,
            ["id": .text(jobID), "attempt": .integer(attempt)],
            ifUnknown: .readBack {
                // Nobody else completes this attempt: if it is complete, it was this call.
                guard let job = try await self.job(jobID), job.status == .completed, job.attempt == attempt else {
                    return nil
                }
                return .moved(job)
            }
        )
    }

    private func transition(
        _ sql: String,
        _ arguments: SQLArguments,
        ifUnknown: Unknown<JobTransition>
    ) async throws -> JobTransition {
        try self.requireOwnTables()
        return try await self.write(ifUnknown: ifUnknown) { transaction in
            let results = try transaction.run([
                PostgresCall(sql, arguments), PostgresCall(JobStatements.find, arguments),
            ])
            guard let job = try results[1].first.map({ try Job(row: $0) }) else { return .missing }
            return results[0].affected == 1 ? .moved(job) : .refused(job)
        }
    }

    /// The job, or `nil`.
    public func job(_ jobID: String) async throws -> Job? {
        try self.requireOwnTables()
        return try await self.once([Self.find(jobID)]) { try $0[0].first.map { try Job(row: $0) } }
    }

    /// Jobs, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> [Job] {
        try self.requireOwnTables()
        return try await self.query(
            JobStatements.list(
                byStatus: filter.status != nil,
                byUser: filter.userID != nil,
                byKind: filter.kind != nil
            ),
            [
                "created": .integer(cursor?.createdAt.milliseconds ?? .max), "id": .text(cursor?.id ?? ""),
                "user": SQLValue(filter.userID), "status": SQLValue(filter.status?.rawValue),
                "kind": SQLValue(filter.kind), "limit": .integer(limit),
            ]
        ) { try Job(row: $0) }
    }

    static func find(_ jobID: String) -> PostgresCall {
        PostgresCall(JobStatements.find, ["id": .text(jobID)])
    }
}
