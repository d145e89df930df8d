import Foundation
import Synchronization
public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Charges the user and creates the job, both or neither.
    public func create(_ job: NewJob) async throws -> JobCreation {
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
            let byKey = job.idempotencyKey.map { [PostgresCall(JobStatements.findByKey, ["key": .text($0)])] } ?? []
            let results = try transaction.run(locks + [Self.find(job.id)] + byKey)
            let known = results.dropFirst(locks.count).compactMap(\.first).first
            if let known = try known.map({ try Job(row: $0) }) { return .existing(try job.repeated(known)) }
            if job.tokensCost > 0 { _ = try Self.book(job.spend, in: transaction) }
            let created = try transaction.run([PostgresCall(JobStatements.create, job.arguments), Self.find(job.id)])
            return .created(try Job(row: created[1].only()))
        }
    }

    /// How far back an unanswered claim is looked for.
    private static let claimMemory = Duration.seconds(600)

    /// Moves the oldest pending jobs of some kinds to a worker.
    ///
    /// A claim whose answer was lost at the commit is read back by its mark, so that no job is left to nobody.
    public func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job] {
        try self.requireOwnTables()
        let claim = RandomID.uuid()
        let arguments: SQLArguments = [
            "kinds": .text(Self.json(kinds)), "worker": SQLValue(worker), "claim": .text(claim),
        ]
        return try await self.write(ifUnknown: .readBack { try await self.claimed(by: claim) }) { transaction in
            try transaction.commit(after: [PostgresCall(JobStatements.claim(upTo: limit), arguments)])[0].rows.map {
                try Job(row: $0)
            }
        }
        .sorted { ($0.availableAt, $0.id.exact) < ($1.availableAt, $1.id.exact) }
    }

    private func claimed(by claim: String) async throws -> [Job] {
        let since = try await self.now() - Self.claimMemory
        let arguments: SQLArguments = ["since": .integer(since.milliseconds), "claim": .text(claim)]
        return try await self.query(JobStatements.claimed, arguments) { try Job(row: $0) }
    }

    /// Moves a pending job to a worker, if nobody was first.
    public func start(_ jobID: String, worker: String?) async throws -> JobTransition {
        let claim = RandomID.uuid()
        return try await self.transition(
            JobStatements.startMarked,
            ["id": .text(jobID), "worker": SQLValue(worker), "claim": .text(claim)],
            ifUnknown: .readBack { try await self.claimed(by: claim).first.map { .moved($0) } }
        )
    }

    /// Notes signs of life, each for the attempt that it names.
    public func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        try self.requireOwnTables()
        let batch = HeartbeatBatch(beats)
        var alive = try await self.alive(LeaseStatements.beat, LeaseStatements.beatAll, batch.beats)
        let first = batch.beats.filter { !alive.contains(HeartbeatBatch.Attempt($0)) }
        alive.formUnion(try await self.alive(nil, LeaseStatements.beginAll, first))
        let others = batch.others(than: alive)
        return batch.answers(alive: alive, others: others.isEmpty ? [] : try await self.jobs(others))
    }

    /// - Parameters:
    ///   - one: the statement for a single one, where there is one.
    ///   - all: the statement for many.
    /// - Returns: the attempts whose sign of life was taken.
    private func alive(
        _ one: String?,
        _ all: String,
        _ beats: [Heartbeat]
    ) async throws -> Set<HeartbeatBatch.Attempt> {
        guard let beat = beats.first else { return [] }
        if let one, beats.count == 1 {
            let calls = [PostgresCall(one, beat.arguments)]
            return try await self.once(calls, settings: .byKey) { results in
                results[0].affected == 1 ? [HeartbeatBatch.Attempt(beat)] : []
            }
        }
        let rows = beats.map {
            BeatRow(id: $0.jobID, attempt: $0.attempt, progress: $0.millionths, message: $0.message)
        }
        let arguments: SQLArguments = [
            "beats": .text(Self.json(rows)), "ids": .array(beats.lazy.map { .text($0.jobID) }),
        ]
        return try await self.once([PostgresCall(all, arguments)], settings: .byKey) { results in
            Set(
                try results[0].rows.map { row in
                    HeartbeatBatch.Attempt(
                        jobID: try row.text(required: "job_id"),
                        number: try row.integer(required: "attempt")
                    )
                }
            )
        }
    }

    private struct BeatRow: Encodable {
        let id: String
        let attempt: Int
        let progress: Int?
        let message: String?
    }

    private static func json(_ value: some Encodable) -> String {
        // Texts and integers always encode.
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }

    /// Completes the job, if it is still processing in this attempt.
    ///
    /// One round trip less where nothing is to be booked, as nearly always.
    public func complete(_ completion: Completion) async throws -> JobTransition {
        let (jobID, attempt) = (completion.jobID, completion.attempt)
        let outcome: Unknown<JobTransition> = .readBack {
            // Nobody else completes this attempt: if it is complete, it was this call.
            guard let job = try await self.job(jobID), job.status == .completed, job.attempt == attempt else {
                return nil
            }
            return .moved(job)
        }
        if completion.tokensUsed == nil, completion.ifLate == .refuse {
            let answer = try await self.transition(
                JobStatements.complete,
                ["id": .text(jobID), "attempt": .integer(attempt)],
                and: [PostgresCall(LeaseStatements.dropEnded, ["id": .text(jobID)])],
                ifUnknown: outcome
            )
            guard case .refused(let job) = answer, job.status == .processing, job.attempt == attempt else {
                return answer
            }
        }
        return try await self.change(jobID, ifUnknown: outcome) { job, _, refunded, now in
            try job.completing(completion, refunded: refunded(), at: now)
        }
    }

    /// Ends this attempt badly.
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

    /// Calls the job off.
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

    /// Puts a job that ended badly back into the queue.
    public func requeue(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.change(
            jobID,
            ifUnknown: .readBack {
                try await self.job(jobID).flatMap { $0.status == .pending && $0.attempt == attempt ? .moved($0) : nil }
            }
        ) { job, _, refunded, now in
            job.requeueing(attempt: attempt, refunded: try refunded(), at: now)
        }
    }

    private typealias Decision =
        @Sendable (
            _ job: Job, _ progress: Int, _ refunded: () throws -> Int, _ now: Timestamp
        ) throws -> JobChange?

    /// Decides about the job as it is, under its row's lock, and writes what that changes.
    private func change(
        _ jobID: String,
        ifUnknown: Unknown<JobTransition>,
        _ decide: @escaping Decision
    ) async throws -> JobTransition {
        try self.requireOwnTables()
        let trace = TraceParent.current?.text
        let booked = Mutex<NewTransaction?>(nil)
        let outcome: JobTransition = try await self.write(ifUnknown: ifUnknown) { transaction in
            let read = try transaction.run([
                PostgresCall(JobStatements.lock, ["id": .text(jobID)]),
                PostgresCall(LeaseStatements.find, ["id": .text(jobID)]),
            ])
            guard let row = read[0].first else { return .missing }
            let (job, now) = (try Job(row: row), try row.timestamp(required: "now"))
            let lease = read[1].first
            let progress = lease?.integer("attempt") == job.attempt ? lease?.integer("progress") ?? 0 : 0
            let change = try decide(job, progress, { try Self.refunded(job, in: transaction) }, now)
            guard let change else { return .refused(job) }
            if let new = change.transaction { _ = try Self.book(new, in: transaction) }
            booked.withLock { $0 = change.transaction }
            let written = try transaction.run(
                [
                    PostgresCall(JobStatements.write, change.job.arguments(over: job)),
                    PostgresCall(LeaseStatements.drop, ["id": .text(jobID)]), Self.find(jobID),
                ]
                    + NewEvent.together(change.events, at: now).flatMap { Self.emission(of: $0, trace: trace) }
            )
            guard written[0].affected == 1 else { return .refused(job) }
            return .moved(try Job(row: written[2].only()))
        }
        if case .moved = outcome { RefundMetrics.refunded(by: booked.withLock { $0 }) }
        return outcome
    }

    private static func refunded(_ job: Job, in transaction: PostgresTransaction) throws -> Int {
        let line = try transaction.run(
            LedgerStatements.find,
            ["user": .text(job.userID), "id": .text(LedgerKey.refund(job: job.id, charge: job.charge))]
        )
        return line.first?.integer("amount") ?? 0
    }

    private func transition(
        _ sql: String,
        _ arguments: SQLArguments,
        and further: [PostgresCall] = [],
        ifUnknown: Unknown<JobTransition>
    ) async throws -> JobTransition {
        try self.requireOwnTables()
        return try await self.write(ifUnknown: ifUnknown) { transaction in
            let results = try transaction.commit(
                after: [PostgresCall(sql, arguments), PostgresCall(JobStatements.find, arguments)] + further
            )
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
    public func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> Window<Job, JobCursor> {
        try self.requireOwnTables()
        let search = JobSearch(filter, .postgres)
        let end = search.isWindowed ? try await self.end(of: search, after: cursor, window: Limits.window) : nil
        let facts = search.arguments(after: cursor, end: end, window: Limits.window, limit: limit)
        let rows = try await self.query(search.list(end: end != nil), facts) { try Job(row: $0) }
        return Window(rows: rows, limit: limit, end: end, of: search)
    }

    /// Those of these jobs that there are.
    public func jobs(_ ids: [String]) async throws -> [Job] {
        try self.requireOwnTables()
        return try await self.query(JobStatements.findAll(.postgres), ["ids": .text(ids.asRows)]) { try Job(row: $0) }
    }

    /// How many jobs match.
    public func count(_ filter: JobFilter) async throws -> JobCount {
        try self.requireOwnTables()
        let search = JobSearch(filter, .postgres)
        let end = try await self.end(of: search, after: nil, window: Limits.counted)
        let facts = search.arguments(after: nil, end: end, window: Limits.counted, limit: 0)
        return try await self.query(search.count(end: end != nil), facts) {
            try JobCount(row: $0, isAtLeast: end != nil)
        }[0]
    }

    /// The kinds and tiers of the jobs that a window looks at.
    public func kinds(_ filter: JobFilter, after cursor: JobCursor?) async throws -> [JobKind] {
        try self.requireOwnTables()
        let search = JobSearch(filter, .postgres)
        let end = try await self.end(of: search, after: cursor, window: Limits.window)
        let facts = search.arguments(after: cursor, end: end, window: Limits.window, limit: 0)
        return try await self.query(search.kinds(end: end != nil), facts) { try JobKind(row: $0) }
    }

    /// The kinds of all jobs.
    public func knownKinds() async throws -> [String] {
        try self.requireOwnTables()
        return try await self.query(JobStatements.knownKinds, [:]) { try $0.text(required: "kind") }
    }

    private func end(of search: JobSearch, after cursor: JobCursor?, window: Int) async throws -> JobCursor? {
        let facts = search.arguments(after: cursor, end: nil, window: window, limit: 0)
        return try await self.query(search.windowEnd, facts) { try JobCursor(row: $0) }.first
    }

    /// The last sign of life of the job's current attempt.
    public func lease(of jobID: String) async throws -> Lease? {
        try self.requireOwnTables()
        return try await self.query(LeaseStatements.find, ["id": .text(jobID)]) { try Lease(row: $0) }.first
    }

    /// How old the attempts of the running jobs are.
    public func runningAges(edges: [Duration]) async throws -> [RunningAges] {
        try self.requireOwnTables()
        let sql = JobStatements.runningAges(edges: edges.map(\.inMilliseconds))
        return try await self.once([PostgresCall(sql, ["limit": .integer(Limits.counted)])]) { results in
            try [RunningAges](rows: results[0].rows.map { $0 }, ranges: edges.count + 1)
        }
    }

    static func find(_ jobID: String) -> PostgresCall {
        PostgresCall(JobStatements.find, ["id": .text(jobID)])
    }
}
