import Synchronization
public import Unstick

extension SQLStore {
    /// Charges the user and creates the job, both or neither.
    public func create(_ job: NewJob) async throws -> JobCreation {
        try self.requireOwnTables()
        try job.validate()
        let dialect = self.dialect
        return try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            // Locks the balance first, as everywhere: a concurrent call for the same job waits here.
            let user: SQLArguments = ["user": .text(job.userID)]
            let locks =
                job.tokensCost > 0
                ? [
                    SQLCall(LedgerStatements.ensureBalance, user), SQLCall(LedgerStatements.lockBalance(dialect), user),
                ] : []
            let byKey = job.idempotencyKey.map { [SQLCall(JobStatements.findByKey, ["key": .text($0)])] } ?? []
            let results = try transaction.run(locks + [Self.find(job.id)] + byKey)
            let known = results.dropFirst(locks.count).compactMap(\.first).first
            if let known = try known.map({ try Job(row: $0) }) { return .existing(try job.repeated(known)) }
            if job.tokensCost > 0 { _ = try Self.book(job.spend, in: transaction, dialect) }
            let created = try transaction.run([SQLCall(JobStatements.create, job.arguments), Self.find(job.id)])
            return .created(try Job(row: created[1].only()))
        }
    }

    /// Fails this attempt.
    public func fail(_ failure: JobFailure) async throws -> JobTransition {
        try await self.change(
            failure.jobID,
            ifUnknown: .readBack {
                guard let job = try await self.job(failure.jobID), job.status != .processing,
                    job.attempt == failure.attempt, job.errorMessage == failure.message
                else { return nil }
                return .moved(job)
            }
        ) { job, progress, refunded, now in
            try job.failing(failure, progress: progress, refunded: refunded, at: now)
        }
    }

    /// Cancels the job.
    public func cancel(_ cancellation: Cancellation) async throws -> JobTransition {
        try await self.change(
            cancellation.jobID,
            ifUnknown: .readBack {
                try await self.job(cancellation.jobID).flatMap { $0.status == .cancelled ? .moved($0) : nil }
            }
        ) { job, progress, refunded, now in
            job.cancelling(cancellation, progress: progress, refunded: try refunded(), at: now)
        }
    }

    /// Puts a failed or cancelled job back into the queue.
    public func requeue(_ requeueing: Requeueing) async throws -> JobTransition {
        try await self.change(
            requeueing.jobID,
            ifUnknown: .readBack {
                try await self.job(requeueing.jobID).flatMap {
                    $0.status == .pending && $0.attempt == requeueing.attempt ? .moved($0) : nil
                }
            }
        ) { job, _, refunded, now in
            job.requeueing(requeueing, refunded: try refunded(), at: now)
        }
    }

    /// Decides about a completion from the current job.
    package func decide(_ completion: Completion, ifUnknown: Unknown<JobTransition>) async throws -> JobTransition {
        try await self.change(completion.jobID, ifUnknown: ifUnknown) { job, _, refunded, now in
            try job.completing(completion, refunded: refunded(), at: now)
        }
    }

    private typealias Decision =
        @Sendable (
            _ job: Job, _ progress: Int, _ refunded: () throws -> Int, _ now: Timestamp
        ) throws -> JobChange?

    /// Decides about the current job under its row's lock, and writes the changes.
    private func change(
        _ jobID: String,
        ifUnknown: Unknown<JobTransition>,
        _ decide: @escaping Decision
    ) async throws -> JobTransition {
        try self.requireOwnTables()
        let (trace, dialect) = (TraceParent.current?.text, self.dialect)
        let booked = Mutex<NewTransaction?>(nil)
        let outcome: JobTransition = try await self.engine.write(ifUnknown: ifUnknown) { transaction in
            let read = try transaction.run([
                SQLCall(JobStatements.lock(dialect), ["id": .text(jobID)]),
                SQLCall(LeaseStatements.find, ["id": .text(jobID)]),
            ])
            guard let row = read[0].first else { return .missing }
            let (job, now) = (try Job(row: row), try row.timestamp(required: "now"))
            let lease = read[1].first
            let progress = lease?.integer("attempt") == job.attempt ? lease?.integer("progress") ?? 0 : 0
            let change = try decide(job, progress, { try Self.refunded(job, in: transaction) }, now)
            guard let change else { return .refused(job) }
            if let new = change.transaction { _ = try Self.book(new, in: transaction, dialect) }
            booked.withLock { $0 = change.transaction }
            let written = try transaction.run(
                [
                    SQLCall(JobStatements.write, change.job.arguments(over: job)),
                    SQLCall(LeaseStatements.drop, ["id": .text(jobID)]), Self.find(jobID),
                ]
                    + NewEvent.together(change.events, at: now).flatMap { Self.emission(of: $0, trace: trace) }
            )
            guard written[0].affected == 1 else { return .refused(job) }
            return .moved(try Job(row: written[2].only()))
        }
        if case .moved = outcome { RefundMetrics.refunded(by: booked.withLock { $0 }) }
        return outcome
    }

    private static func refunded(_ job: Job, in transaction: any SQLTransaction) throws -> Int {
        let line = try transaction.run(
            LedgerStatements.find,
            ["user": .text(job.userID), "id": .text(LedgerKey.refund(job: job.id, charge: job.charge))]
        )
        return line.first?.integer("amount") ?? 0
    }

    /// Changes a job in one statement, and returns the new job.
    package func transition(
        _ sql: String,
        _ arguments: SQLArguments,
        and further: [SQLCall] = [],
        ifUnknown: Unknown<JobTransition>
    ) async throws -> JobTransition {
        try self.requireOwnTables()
        return try await self.engine.write(ifUnknown: ifUnknown) { transaction in
            let results = try transaction.finish(
                [SQLCall(sql, arguments), SQLCall(JobStatements.find, arguments)] + further
            )
            guard let job = try results[1].first.map({ try Job(row: $0) }) else { return .missing }
            return results[0].affected == 1 ? .moved(job) : .refused(job)
        }
    }

    /// The job, or `nil`.
    public func job(_ jobID: String) async throws -> Job? {
        try self.requireOwnTables()
        return try await self.engine.read([Self.find(jobID)]) { try $0[0].first.map { try Job(row: $0) } }
    }

    /// Jobs, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> Window<Job, JobCursor> {
        try self.requireOwnTables()
        let search = JobSearch(filter, self.dialect)
        let end = search.isWindowed ? try await self.end(of: search, after: cursor, window: Limits.window) : nil
        let parameters = search.arguments(after: cursor, end: end, window: Limits.window, limit: limit)
        let rows = try await self.query(search.list(end: end != nil), parameters) { try Job(row: $0) }
        return Window(rows: rows, limit: limit, end: end, of: search)
    }

    /// Those of these jobs that exist.
    public func jobs(_ ids: [String]) async throws -> [Job] {
        try self.requireOwnTables()
        return try await self.query(JobStatements.findAll(self.dialect), of: ids, in: "ids") { try Job(row: $0) }
    }

    /// How many jobs match.
    public func count(_ filter: JobFilter) async throws -> JobCount {
        try self.requireOwnTables()
        let search = JobSearch(filter, self.dialect)
        let end = try await self.end(of: search, after: nil, window: Limits.counted)
        let parameters = search.arguments(after: nil, end: end, window: Limits.counted, limit: 0)
        return try await self.query(search.count(end: end != nil), parameters) {
            try JobCount(row: $0, isAtLeast: end != nil)
        }
        .first ?? JobCount(jobs: 0, tokens: 0, isAtLeast: false)
    }

    /// The kinds and tiers of the jobs in a window.
    public func kinds(_ filter: JobFilter, after cursor: JobCursor?) async throws -> [JobKind] {
        try self.requireOwnTables()
        let search = JobSearch(filter, self.dialect)
        let end = try await self.end(of: search, after: cursor, window: Limits.window)
        let parameters = search.arguments(after: cursor, end: end, window: Limits.window, limit: 0)
        return try await self.query(search.kinds(end: end != nil), parameters) { try JobKind(row: $0) }
    }

    /// The kinds of all jobs.
    public func knownKinds() async throws -> [String] {
        try self.requireOwnTables()
        return try await self.query(JobStatements.knownKinds(self.dialect)) { try $0.text(required: "value") }
    }

    private func end(of search: JobSearch, after cursor: JobCursor?, window: Int) async throws -> JobCursor? {
        let parameters = search.arguments(after: cursor, end: nil, window: window, limit: 0)
        return try await self.query(search.windowEnd, parameters) { try JobCursor(row: $0) }.first
    }

    /// The last heartbeat of the job's current attempt.
    public func lease(of jobID: String) async throws -> Lease? {
        try self.requireOwnTables()
        return try await self.query(LeaseStatements.find, ["id": .text(jobID)]) { try Lease(row: $0) }.first
    }

    /// The ages of the attempts of the running jobs.
    public func runningAges(edges: [Duration]) async throws -> [RunningAges] {
        try self.requireOwnTables()
        let sql = JobStatements.runningAges(edges: edges.map(\.inMilliseconds), self.dialect)
        return try await self.engine.read([SQLCall(sql, ["limit": .integer(Limits.counted)])]) { results in
            try [RunningAges](rows: results[0].rows, ranges: edges.count + 1)
        }
    }

    package static func find(_ jobID: String) -> SQLCall {
        SQLCall(JobStatements.find, ["id": .text(jobID)])
    }
}
