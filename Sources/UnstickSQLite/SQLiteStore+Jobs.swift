import GRDB
import Synchronization
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Charges the user and creates the job, both or neither.
    public func create(_ job: NewJob) async throws -> JobCreation {
        try job.validate()
        let now = self.clock()
        return try await self.write { db in
            if let known = try Self.job(job.id, in: db) ?? Self.job(key: job.idempotencyKey, in: db) {
                return .existing(try job.repeated(known))
            }
            if job.tokensCost > 0 { _ = try Self.book(job.spend, at: now, in: db) }
            try Self.run(JobStatements.create, StatementArguments(job.arguments) + ["now": now.milliseconds], in: db)
            return .created(try Self.existing(job.id, in: db))
        }
    }

    /// Moves the oldest pending jobs of some kinds to a worker.
    public func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job] {
        let now = self.clock()
        return try await self.write { db in
            var waiting: [(available: Int, id: ExactText)] = []
            for kind in kinds {
                let arguments: StatementArguments = ["kind": kind, "now": now.milliseconds, "limit": limit]
                let rows = try Row.fetchAll(db.cachedStatement(sql: JobStatements.waiting), arguments: arguments)
                waiting += rows.map { ($0["available_at"], ExactText($0["id"])) }
            }
            return try waiting.sorted { $0 < $1 }.prefix(limit).map { _, id in
                try Self.run(JobStatements.start, ["id": id.text, "now": now.milliseconds, "worker": worker], in: db)
                return try Self.existing(id.text, in: db)
            }
        }
    }

    /// Moves a pending job to a worker, if nobody was first.
    public func start(_ jobID: String, worker: String?) async throws -> JobTransition {
        let now = self.clock()
        return try await self.write { db in
            let arguments: StatementArguments = ["id": jobID, "now": now.milliseconds, "worker": worker]
            let moved = try Self.run(JobStatements.start, arguments, in: db)
            guard let job = try Self.job(jobID, in: db) else { return .missing }
            return moved == 1 ? .moved(job) : .refused(job)
        }
    }

    /// Notes signs of life, each for the attempt that it names.
    public func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        let now = self.clock()
        let batch = HeartbeatBatch(beats)
        return try await self.write { db in
            var alive: Set<HeartbeatBatch.Attempt> = []
            for beat in batch.beats {
                let arguments = StatementArguments(beat.arguments) + ["now": now.milliseconds]
                let isAlive =
                    try Self.run(LeaseStatements.beat, arguments, in: db) == 1
                    || Self.run(LeaseStatements.begin, arguments, in: db) == 1
                if isAlive { alive.insert(HeartbeatBatch.Attempt(beat)) }
            }
            return batch.answers(
                alive: alive,
                others: try batch.others(than: alive).compactMap { try Self.job($0, in: db) }
            )
        }
    }

    /// Completes the job, if it is still processing in this attempt.
    public func complete(_ completion: Completion) async throws -> JobTransition {
        try await self.change(completion.jobID) { job, _, refunded, now in
            try job.completing(completion, refunded: refunded(), at: now)
        }
    }

    /// Ends this attempt badly.
    public func fail(_ failure: JobFailure) async throws -> JobTransition {
        try await self.change(failure.jobID) { job, progress, refunded, now in
            try job.failing(failure, progress: progress, refunded: refunded, at: now)
        }
    }

    /// Calls the job off.
    public func cancel(_ cancellation: Cancellation) async throws -> JobTransition {
        try await self.change(cancellation.jobID) { job, progress, refunded, now in
            job.cancelling(cancellation, progress: progress, refunded: try refunded(), at: now)
        }
    }

    /// Puts a job that ended badly back into the queue.
    public func requeue(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.change(jobID) { job, _, refunded, now in
            job.requeueing(attempt: attempt, refunded: try refunded(), at: now)
        }
    }

    private typealias Decision =
        @Sendable (
            _ job: Job, _ progress: Int, _ refunded: () throws -> Int, _ now: Timestamp
        ) throws -> JobChange?

    /// Decides about the job as it is, and writes what that changes.
    private func change(_ jobID: String, _ decide: @escaping Decision) async throws -> JobTransition {
        let now = self.clock()
        let trace = TraceParent.current?.text
        let booked = Mutex<NewTransaction?>(nil)
        let outcome: JobTransition = try await self.write { db in
            guard let job = try Self.job(jobID, in: db) else { return .missing }
            let lease = try Row.fetchOne(db.cachedStatement(sql: LeaseStatements.find), arguments: ["id": jobID])
            let isCurrent = lease?["attempt"] == job.attempt
            let change = try decide(
                job,
                isCurrent ? lease?["progress"] ?? 0 : 0,
                {
                    try Self.line(LedgerKey.refund(job: jobID, charge: job.charge), of: job.userID, in: db)?.amount ?? 0
                },
                now
            )
            guard let change else { return .refused(job) }
            if let transaction = change.transaction { _ = try Self.book(transaction, at: now, in: db) }
            booked.withLock { $0 = change.transaction }
            try Self.run(JobStatements.write, StatementArguments(change.job.arguments(over: job)), in: db)
            if lease != nil { try Self.run(LeaseStatements.drop, ["id": jobID], in: db) }
            for event in NewEvent.together(change.events, at: now) {
                try Self.emit(event, at: now, trace: trace, in: db)
            }
            return .moved(try Self.existing(jobID, in: db))
        }
        if case .moved = outcome { RefundMetrics.refunded(by: booked.withLock { $0 }) }
        return outcome
    }

    /// The job, or `nil`.
    public func job(_ jobID: String) async throws -> Job? {
        try await self.read { try Self.job(jobID, in: $0) }
    }

    /// Jobs, newest first.
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> Window<Job, JobCursor> {
        let search = JobSearch(filter, .sqlite)
        return try await self.read { db in
            let end = search.isWindowed ? try Self.end(of: search, after: cursor, window: Limits.window, in: db) : nil
            let facts = search.arguments(after: cursor, end: end, window: Limits.window, limit: limit)
            let rows = try Self.all(search.list(end: end != nil), StatementArguments(facts), in: db) {
                try Job(row: $0)
            }
            return Window(rows: rows, limit: limit, end: end, of: search)
        }
    }

    /// Those of these jobs that there are.
    public func jobs(_ ids: [String]) async throws -> [Job] {
        try await self.read { db in
            try Self.all(JobStatements.findAll(.sqlite), ["ids": ids.asRows], in: db) { try Job(row: $0) }
        }
    }

    /// How many jobs match.
    public func count(_ filter: JobFilter) async throws -> JobCount {
        let search = JobSearch(filter, .sqlite)
        return try await self.read { db in
            let end = try Self.end(of: search, after: nil, window: Limits.counted, in: db)
            let facts = search.arguments(after: nil, end: end, window: Limits.counted, limit: 0)
            let count = try Self.first(search.count(end: end != nil), StatementArguments(facts), in: db) { row in
                try JobCount(row: row, isAtLeast: end != nil)
            }
            return count ?? JobCount(jobs: 0, tokens: 0, isAtLeast: false)
        }
    }

    /// The kinds and tiers of the jobs that a window looks at.
    public func kinds(_ filter: JobFilter, after cursor: JobCursor?) async throws -> [JobKind] {
        let search = JobSearch(filter, .sqlite)
        return try await self.read { db in
            let end = try Self.end(of: search, after: cursor, window: Limits.window, in: db)
            let facts = search.arguments(after: cursor, end: end, window: Limits.window, limit: 0)
            return try Self.all(search.kinds(end: end != nil), StatementArguments(facts), in: db) {
                try JobKind(row: $0)
            }
        }
    }

    /// The kinds of all jobs.
    public func knownKinds() async throws -> [String] {
        try await self.read { db in
            try Self.all(JobStatements.knownKinds, [:], in: db) { try $0.text(required: "kind") }
        }
    }

    private static func end(
        of search: JobSearch,
        after cursor: JobCursor?,
        window: Int,
        in db: Database
    ) throws -> JobCursor? {
        let facts = search.arguments(after: cursor, end: nil, window: window, limit: 0)
        return try Self.first(search.windowEnd, StatementArguments(facts), in: db) { try JobCursor(row: $0) }
    }

    /// The last sign of life of the job's current attempt.
    public func lease(of jobID: String) async throws -> Lease? {
        try await self.read { db in
            try Self.first(LeaseStatements.find, ["id": jobID], in: db) { try Lease(row: $0) }
        }
    }

    /// How old the attempts of the running jobs are.
    public func runningAges(edges: [Duration]) async throws -> [RunningAges] {
        let sql = JobStatements.runningAges(edges: edges.map(\.inMilliseconds))
        let facts: StatementArguments = ["now": self.clock().milliseconds, "limit": Limits.counted]
        return try await self.read { db in
            try [RunningAges](rows: Self.all(sql, facts, in: db) { $0 }, ranges: edges.count + 1)
        }
    }

    static func job(_ id: String, in db: Database) throws -> Job? {
        try Row.fetchOne(db.cachedStatement(sql: JobStatements.find), arguments: ["id": id]).map { try Job(row: $0) }
    }

    private static func job(key: String?, in db: Database) throws -> Job? {
        guard let key else { return nil }
        return try Row.fetchOne(db.cachedStatement(sql: JobStatements.findByKey), arguments: ["key": key])
            .map { try Job(row: $0) }
    }

    private static func existing(_ id: String, in db: Database) throws -> Job {
        guard let job = try Self.job(id, in: db) else {
            throw UnstickError(.notFound, "There is no job '\(id)'.")
        }
        return job
    }
}
