public import Unstick
import UnstickSQL

extension PostgresStore {
    /// How much is stuck and running now.
    public func survey(timeout: Duration, countingRunningFrom minimum: Int) async throws -> Survey {
        let arguments: SQLArguments = ["timeout": .integer(timeout.inMilliseconds), "minimum": .integer(minimum)]
        return try await self.query(self.cleanup.survey, arguments) { row in
            Survey(
                now: try row.timestamp(required: "now"),
                stuck: try row.integer(required: "stuck"),
                running: try row.integer(required: "running")
            )
        }[0]
    }

    /// The oldest stuck jobs after the cursor.
    public func stuckJobs(
        asOf now: Timestamp,
        timeout: Duration,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        let arguments = Self.range(now: now, timeout: timeout, cursor: cursor).merging(["limit": .integer(limit)]) {
            $1
        }
        return try await self.query(self.cleanup.stuckJobs(hasCursor: cursor != nil), arguments) { row in
            var job = try StuckJob(row: row, now: now, limit: timeout)
            job.fraction = try row.integer(required: "since") % 1000
            return job
        }
    }

    /// One batch in one transaction and two round trips.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back. When
    /// the connection is lost at the commit, the run's items say whether it happened.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let (statements, map) = (self.cleanup, self.map)
        return try await self.write(ifUnknown: .readBack { try await self.readBack(batch) }) { transaction in
            let facts = Self.facts(of: batch)
            // The balances come last: whoever waits for one waits until the commit.
            let calls =
                [statements.takeBatch(hasCursor: batch.cursor != nil)] + statements.writes
                + [statements.emitEvents] + statements.credits + [statements.bookRefunds].compactMap { $0 }
            let results = try transaction.run(
                ([Self.keyedPlans] + calls).map { PostgresCall($0, facts) },
                searchPath: map.searchPath
            ).dropFirst().map { $0 }
            let end = results[0].rows.last?.integer(at: RunItem.sinceColumn) ?? 0
            let items = results[0].rows.map { RunItem(row: $0, limit: batch.run.timeout) }
            let paid = items.filter { $0.tokensRefunded > 0 }
            let (writes, credits) = (statements.writes.count, statements.credits.count)
            if writes > 0 { try Self.expect(items.count, from: results[writes].affected, "jobs were changed") }
            if case .balances = map.compensation, credits > 0 {
                let users = Set(paid.map(\.userID)).count
                try Self.expect(users, from: results[writes + 1 + credits].affected, "balances of users were there")
            }
            if statements.bookRefunds != nil {
                try Self.expect(paid.count, from: results[writes + 2 + credits].affected, "refunds were booked")
            }
            transaction.last(RunStatements.record, batch.run.adding(items).arguments)
            return CleanedBatch(
                items: items,
                exhausted: items.count < batch.limit,
                end: items.last.map { StuckCursor(since: $0.since, fraction: end % 1000, id: $0.jobID) }
            )
        }
    }

    /// Every statement of a batch goes by keys.
    ///
    /// Without this, a plan that is made once for batches of any size may read the whole ledger for each of them.
    private static let keyedPlans = """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true)
        """

    /// Whether a batch was committed whose answer never came.
    ///
    /// The run's row is locked first: a transaction that is still on its way to its commit has that lock, or the key that
    /// the insertion waits for.
    private func readBack(_ batch: CleanupBatch) async throws -> CleanedBatch? {
        let items = try await self.write(ifUnknown: .repeatIt) { transaction in
            let results = try transaction.run([
                PostgresCall(RunStatements.ensure, batch.run.arguments),
                PostgresCall(RunStatements.lock, ["id": .text(batch.run.id)]),
                PostgresCall(
                    RunStatements.items,
                    [
                        "run": .text(batch.run.id), "position": .integer(batch.position),
                        "limit": .integer(batch.limit),
                    ]
                ),
            ])
            return results[2].rows.map { row in
                (RunItem(row: row, limit: batch.run.timeout), row.integer(at: RunItem.sinceColumn) ?? 0)
            }
        }
        guard let last = items.last else { return nil }
        return CleanedBatch(
            items: items.map(\.0),
            exhausted: items.count < batch.limit,
            end: StuckCursor(since: last.0.since, fraction: last.1 % 1000, id: last.0.jobID)
        )
    }

    /// Writes the run as it stands, with these items.
    public func record(_ run: Run, items: [RunItem]) async throws {
        var calls = items.map { item in
            PostgresCall(
                RunStatements.insertItem,
                item.arguments(run: run.id).merging(["since": .integer(item.since.milliseconds * 1000)]) { $1 }
            )
        }
        calls.append(PostgresCall(RunStatements.record, run.arguments))
        if run.status != .running {
            calls.append(PostgresCall(RunStatements.closeInterrupted, run.closingArguments))
        }
        try await self.once(calls) { _ in }
    }

    private static func facts(of batch: CleanupBatch) -> SQLArguments {
        self.range(now: batch.now, timeout: batch.run.timeout, cursor: batch.cursor).merging([
            "run": .text(batch.run.id), "position": .integer(batch.position), "now": .integer(batch.now.milliseconds),
            "limit": .integer(batch.limit), "timeout": .integer(batch.run.timeout.inMilliseconds),
            "source": .text(TokenBalanceManager.refundSource),
            "message": .text("Job timed out: running for longer than \(batch.run.timeout.text). Failed by Unstick."),
        ]) { $1 }
    }

    private static func range(now: Timestamp, timeout: Duration, cursor: StuckCursor?) -> SQLArguments {
        [
            "cutoff": .integer((now - timeout).milliseconds * 1000),
            "since": SQLValue(cursor.map { $0.since.milliseconds * 1000 + $0.fraction }),
            "id": SQLValue(cursor?.id),
        ]
    }

    private static func expect(_ expected: Int, from actual: Int, _ what: String) throws {
        guard expected == actual else {
            throw UnstickError(.databaseRejected, "\(actual) instead of \(expected) \(what); the batch was undone.")
        }
    }
}

extension RunItem {
    /// Where ``UnstickSQL/RunStatements/items`` has the moment, in microseconds.
    fileprivate static let sinceColumn: Int32 = 6

    /// Reads by the order of the columns: a pass does this for every job it takes.
    init(row: PostgresRow, limit: Duration) {
        self.init(
            position: row.integer(at: 0) ?? 0,
            jobID: row.text(at: 1) ?? "",
            userID: row.text(at: 2) ?? "",
            kind: row.text(at: 3) ?? "",
            tier: row.text(at: 4),
            attempt: row.integer(at: 5) ?? 0,
            since: Timestamp(milliseconds: (row.integer(at: Self.sinceColumn) ?? 0) / 1000),
            action: row.text(at: 7).flatMap { Action(rawValue: $0) } ?? .error,
            tokensRefunded: row.integer(at: 8) ?? 0,
            processingDuration: .milliseconds(row.integer(at: 9) ?? 0),
            limit: limit,
            error: row.text(at: 10)
        )
    }
}
