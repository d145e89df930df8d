public import Unstick

extension SQLStore {
    /// Records that a worker completed an attempt after a run had timed it out.
    public func recordLateCompletion(of job: Job, attempt: Int) async throws -> LateCompletion? {
        let key: SQLArguments = ["user": .text(job.userID), "job": .text(job.id), "attempt": .integer(attempt)]
        // An operator's requeue forgets the timeouts of a job that waits, or runs again.
        let mayHaveTimedOut = job.timeouts > 0 || attempt < job.attempt || job.status == .pending
        guard mayHaveTimedOut, attempt <= job.attempt,
            try await self.query(LateCompletionStatements.find, key, { _ in true }).isEmpty,
            let startedAt = try await self.start(of: attempt, endedByRunIn: job)
        else { return nil }
        let isRefused = job.status != .completed || job.attempt != attempt
        let completedAt = job.status == .completed && !isRefused ? job.processingCompletedAt : nil
        let trace = TraceParent.current?.text
        return try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let now = try transaction.run([.now])[0].only().timestamp(required: "now")
            let late = LateCompletion(
                jobID: job.id,
                userID: job.userID,
                kind: job.kind,
                tier: job.tier,
                tokensCost: job.tokensCost,
                attempt: attempt,
                createdAt: job.createdAt,
                startedAt: startedAt,
                completedAt: completedAt ?? now,
                recordedAt: now,
                isRefused: isRefused
            )
            let recorded = try transaction.run(LateCompletionStatements.insert, late.arguments(source: ""))
            guard recorded.affected == 1 else { return nil }
            // An accepted one has its event already.
            let sent: [any Event] = isRefused ? [LateCompletionEvent(late)] : []
            let opened = try Self.holdIfTooMany([late.kind], source: "", at: now, in: transaction)
            let events = NewEvent.together(sent + opened.map(HoldEvent.init), at: now)
            _ = try transaction.finish(events.flatMap { Self.emission(of: $0, trace: trace) })
            return late
        }
    }

    /// When the attempt started; `nil` unless a run ended it.
    private func start(of attempt: Int, endedByRunIn job: Job) async throws -> Timestamp? {
        if job.isTimedOut, job.attempt == attempt { return job.processingStartedAt }
        return try await self.items(ofJob: job, limit: Self.itemsOfLateJob).map(\.item)
            .first { $0.attempt == attempt && RunItem.Action.ending.contains($0.action) }?.since
    }

    /// How many items of a job are searched for the one of its attempt.
    private static var itemsOfLateJob: Int { 100 }

    /// Records the jobs of a team's own tables that were completed after a run had failed them.
    public func findLateCompletions() async throws -> [LateCompletion] {
        guard let search = LateCompletionStatements.found(in: self.engine.map), try await self.engine.hasOwnTables
        else { return [] }
        let keys = try await self.engine.readKeyParameters()
        let calls = [SQLCall.now, SQLCall(LateCompletionStatements.cursor, keys)]
        let (now, stored) = try await self.engine.read(calls) { results in
            (try results[0].only().timestamp(required: "now"), try results[1].first.map { try ItemPlace(row: $0) })
        }
        let oldest = ItemPlace(run: RandomID.first(at: now - Self.lateCompletionsAfter), position: 0)
        let place = max(stored ?? oldest, oldest)
        let parameters = keys.merging(place.arguments) { $1 }
            .merging(["limit": .integer(Self.itemsSearched), "oldest": .text(oldest.run)]) { $1 }
        let (trace, source) = (TraceParent.current?.text, keys["origin"] ?? "")
        return try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let results = try transaction.run([
                SQLCall(LateCompletionStatements.end, parameters), SQLCall(search, parameters),
            ])
            // After the last item, the search starts again.
            let end = try results[0].first.map { try ItemPlace(row: $0) } ?? oldest
            var found: [LateCompletion] = []
            for row in results[1].rows {
                let late = try LateCompletion(row: row)
                let values = late.arguments(source: try row.text(required: "source"))
                if try transaction.run(LateCompletionStatements.insert, values).affected == 1 { found.append(late) }
            }
            let opened = try Self.holdIfTooMany(found.map(\.kind), source: source, at: now, in: transaction)
            let events = NewEvent.together(
                found.map(LateCompletionEvent.init) as [any Event] + opened.map(HoldEvent.init),
                at: now
            )
            _ = try transaction.finish(
                events.flatMap { Self.emission(of: $0, trace: trace) }
                    + [SQLCall(LateCompletionStatements.moveCursor, keys.merging(end.arguments) { $1 })]
            )
            return found
        }
    }

    /// How many run items one search checks: after the cursor, and of the newest.
    private static var itemsSearched: Int { 500 }

    /// For how long a job that a run ended may be completed and count as evidence.
    private static var lateCompletionsAfter: Duration { .seconds(7 * 86_400) }

    /// The late completions of a job, by attempt.
    public func lateCompletions(of job: Job, limit: Int) async throws -> [LateCompletion] {
        let parameters: SQLArguments = ["user": .text(job.userID), "job": .text(job.id), "limit": .integer(limit)]
        return try await self.query(LateCompletionStatements.ofJob, parameters) { try LateCompletion(row: $0) }
    }

    /// The late completions that were recorded since a time.
    public func lateCompletions(since: Timestamp, limit: Int) async throws -> [LateCompletion] {
        guard try await self.engine.hasOwnTables else { return [] }
        let parameters: SQLArguments = ["since": .integer(since.milliseconds), "limit": .integer(limit)]
        return try await self.query(LateCompletionStatements.list, parameters) { try LateCompletion(row: $0) }
    }
}

/// The place of an item among those of all runs, in the order of the runs' ids.
private struct ItemPlace: Comparable {
    let run: String
    let position: Int

    init(run: String, position: Int) {
        (self.run, self.position) = (run, position)
    }

    init(row: some StoredRow) throws {
        (self.run, self.position) = (try row.text(required: "run_id"), try row.integer(required: "position"))
    }

    var arguments: SQLArguments { ["run": .text(self.run), "position": .integer(self.position)] }

    static func < (a: ItemPlace, b: ItemPlace) -> Bool { (a.run, a.position) < (b.run, b.position) }
}

extension LateCompletion {
    fileprivate init(row: some StoredRow) throws {
        self.init(
            jobID: try row.text(required: "job_id"),
            userID: try row.text(required: "user_id"),
            kind: try row.text(required: "kind"),
            tier: row.text("tier"),
            tokensCost: try row.integer(required: "cost"),
            attempt: try row.integer(required: "attempt"),
            createdAt: try row.timestamp("created_at") ?? row.timestamp(required: "started_at"),
            startedAt: try row.timestamp(required: "started_at"),
            completedAt: try row.timestamp(required: "completed_at"),
            recordedAt: try row.timestamp(required: "recorded_at"),
            isRefused: row.flag("refused")
        )
    }

    /// The values of ``LateCompletionStatements/insert``.
    fileprivate func arguments(source: String) -> SQLArguments {
        [
            "user": .text(self.userID), "job": .text(self.jobID), "attempt": .integer(self.attempt),
            "source": .text(source), "kind": .text(self.kind), "tier": SQLValue(self.tier),
            "cost": .integer(self.tokensCost),
            "createdAt": .integer(self.createdAt.milliseconds), "startedAt": .integer(self.startedAt.milliseconds),
            "completedAt": .integer(self.completedAt.milliseconds), "now": .integer(self.recordedAt.milliseconds),
            "refused": .flag(self.isRefused),
        ]
    }
}
