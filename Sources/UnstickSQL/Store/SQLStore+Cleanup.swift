public import Unstick

extension SQLStore {
    /// - Throws: `invalidArgument` where a rule sets a limit that the attached tables cannot check.
    public func check(_ policy: Policy) throws {
        let map = self.engine.map
        for rule in policy.allRules {
            func refuse(_ limit: String, _ lack: String) -> UnstickError {
                UnstickError(
                    .invalidArgument,
                    "The rule '\(rule.name)' sets \(limit), and the mapping does not say \(lack). Map it, or leave the limit out."
                )
            }
            if rule.heartbeatTimeout != nil, !map.jobs.knowsHeartbeats {
                throw refuse("heartbeatTimeout", "which column is the last heartbeat (/jobs/heartbeat)")
            }
            if rule.deadline != nil, map.jobs.created == nil {
                throw refuse("a deadline", "when a job was created (/jobs/created)")
            }
            guard rule.pendingTimeout != nil else { continue }
            if map.jobs.isPending == nil || map.jobs.created == nil {
                throw refuse("pendingTimeout", "which jobs are pending and when they were created")
            }
            if map.pendingWrites == nil {
                throw refuse("pendingTimeout", "how a pending job is failed")
            }
        }
    }

    /// One batch in one transaction and, for a database server, two round trips.
    ///
    /// When a statement is refused, or changes another number of rows than the batch has, everything is rolled back.
    /// When the connection is lost at the commit, the run's items show whether it happened. When a hold has opened since
    /// the run began, the batch is taken again without the held jobs.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        do {
            return try await self.cleanOnce(batch)
        } catch is HoldsInForce {
            var batch = batch
            batch.ruleMatches.leavesHeld = true
            return try await self.cleanOnce(batch)
        }
    }

    private func cleanOnce(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let keys = try await self.engine.makeKeyParameters()
        let (map, dialect) = (self.engine.map, self.dialect)
        let steps = CleanupSteps(map, batch)
        let parameters = self.parameters(of: batch).merging(keys) { $1 }
        let holds = SQLCall(HoldStatements.areInForce, ["source": self.engine.source])
        return try await self.engine.write(ifUnknown: .readBack { try await self.readBack(batch) }) { transaction in
            let began = ContinuousClock.now
            let clock = dialect.runningClock.map { [SQLCall($0)] } ?? []
            let settings = [dialect.indexOnlyPlanner, dialect.waitsShortly].compactMap { $0 }.map { SQLCall($0) }
            let answers = try transaction.run(
                settings + clock + steps.steps.map { SQLCall($0.sql, parameters) } + clock + [holds],
                searchPath: map.searchPath
            )
            if !batch.ruleMatches.leavesHeld, answers.last?.first != nil { throw HoldsInForce() }
            var cleaned = try steps.read(answers.dropFirst(settings.count + clock.count).dropLast(clock.count + 1))
            cleaned.lockedFor =
                clock.isEmpty ? .now - began : Self.time(from: answers[settings.count], to: answers[answers.count - 2])
            let forgetting = cleaned.locked.isEmpty ? [] : [SQLCall(CleanupStatements.forgetLocked, parameters)]
            let record = SQLCall(RunStatements.record, batch.run.adding(cleaned.items).arguments)
            _ = try transaction.finish(forgetting + [record])
            return cleaned
        }
    }

    private func parameters(of batch: CleanupBatch) -> SQLArguments {
        self.range(batch.now, batch.ruleMatches, batch.cursor, batch.limit).merging([
            "run": .text(batch.run.id), "position": .integer(batch.position),
            "source": .text(TokenBalanceManager.refundSource), "only": SQLValue(batch.only?.asRows),
            "message": .text("Job timed out: it passed the limit of its rule. Ended by Unstick."),
            "trace": SQLValue(TraceParent.current?.text),
        ]) { $1 }
    }

    /// The time between two readings of the server's clock; `nil` where the clock was set back in between.
    private static func time(from first: any SQLResult, to last: any SQLResult) -> Duration? {
        guard let first = first.first?.integer("microseconds"), let last = last.first?.integer("microseconds"),
            first < last
        else { return nil }
        return .microseconds(last - first)
    }

    /// Whether a batch was committed although its answer was lost.
    ///
    /// The run's row is locked first: a transaction that has not finished its commit has that lock, or the key that the
    /// insertion waits for.
    private func readBack(_ batch: CleanupBatch) async throws -> CleanedBatch? {
        let dialect = self.dialect
        let items = try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let results = try transaction.run([
                SQLCall(RunStatements.ensure, batch.run.arguments),
                SQLCall(RunStatements.lock(dialect), ["id": .text(batch.run.id)]),
                SQLCall(
                    RunStatements.items,
                    Self.parameters(ofItems: batch.run.id, after: batch.position, limit: batch.limit)
                ),
            ])
            return results[2].rows.map { TakenJob(row: $0, dialect) }
        }
        guard let end = items.last?.end else { return nil }
        // The jobs that were left out are unknown here: the next batch finds out whether there is more.
        return CleanedBatch(items: items.map(\.item), exhausted: false, end: end)
    }
}

/// A hold is in force that the batch did not leave out.
private struct HoldsInForce: Error {}

/// A job that a batch took.
private struct TakenJob {
    let item: RunItem
    /// Its place in the order of the stuck jobs.
    let end: StuckCursor

    init(row: some StoredRow, _ dialect: any SQLDialect) {
        self.item = RunItem(row: row, dialect)
        let fraction = (row.integer(at: RunItem.sinceColumn) ?? 0) % dialect.itemTicks
        self.end = StuckCursor(since: self.item.since, fraction: fraction, id: self.item.jobID)
    }

    var isLocked: Bool { self.item.error == StuckJob.lockedBalance }
}

/// The steps of a batch, and how their results are read.
private struct CleanupSteps {
    let steps: [CleanupStatements.Step]
    private let batch: CleanupBatch
    private let dialect: any SQLDialect

    init(_ map: ResolvedTables, _ batch: CleanupBatch) {
        let start: StuckSearch.Start = batch.only == nil ? .init(batch.cursor) : .these
        self.steps = CleanupStatements(map: map).steps(StuckSearch.Shape(batch.ruleMatches), from: start)
        (self.batch, self.dialect) = (batch, map.dialect)
    }

    /// - Throws: `databaseRejected` where a result is not as expected; the batch is rolled back.
    func read(_ answers: ArraySlice<any SQLResult>) throws -> CleanedBatch {
        var taken: [TakenJob] = []
        var cleaned: [RunItem] = []
        var before: (any SQLResult)?
        for (step, answer) in zip(self.steps, answers) {
            switch step.expects {
            case .anything: break
            case .items:
                taken = answer.rows.map { TakenJob(row: $0, self.dialect) }
                cleaned = taken.map(\.item).filter { $0.action != .error }
            case .jobs: try Self.expect(cleaned.count, from: answer.affected, "jobs were changed")
            case .users: try Self.expect(cleaned.refundedUsers, from: answer.affected, "balances were moved")
            case .refunds:
                try Self.expect(cleaned.count { $0.tokensRefunded > 0 }, from: answer.affected, "refunds were booked")
            case .nothing:
                if let job = answer.first?.text("job_id") { throw UnstickError(vetoed: job) }
            case .balancesBefore: before = answer
            case .balancesAfter:
                guard let before else { preconditionFailure("the balances are read before and after") }
                try RefundedBalances(before: before, after: answer).check(users: cleaned.refundedUsers)
            }
        }
        return CleanedBatch(
            items: taken.filter { !$0.isLocked }.map(\.item),
            locked: taken.filter(\.isLocked).map(\.item),
            exhausted: taken.count < self.batch.limit,
            end: Self.end(of: taken)
        )
    }

    /// The last of the jobs in the order of the search.
    ///
    /// Jobs that were left out come last in the batch. Of two at the same time, the next batch takes one again rather
    /// than none.
    private static func end(of taken: [TakenJob]) -> StuckCursor? {
        guard let kept = taken.last(where: { !$0.isLocked })?.end, let locked = taken.last(where: \.isLocked)?.end
        else {
            return taken.last?.end
        }
        return (kept.since, kept.fraction) < (locked.since, locked.fraction) ? locked : kept
    }

    private static func expect(_ expected: Int, from actual: Int, _ what: String) throws {
        guard expected != actual else { return }
        throw UnstickError(.databaseRejected, "\(actual) instead of \(expected) \(what); the batch was undone.")
    }
}
