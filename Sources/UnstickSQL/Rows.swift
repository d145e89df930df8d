package import Unstick

// Converts rows to values, and values to arguments. Every statement names its columns alike.

extension StuckJob {
    /// A stuck job of Unstick's own tables or of a team's.
    package init(row: some StoredRow) throws {
        let since = try row.integer(required: "since")
        self.init(
            id: try row.text(required: "job_id"),
            userID: try row.text(required: "user_id"),
            kind: try row.text(required: "kind"),
            tier: row.text("tier"),
            tokensCost: try row.integer(required: "cost"),
            attempt: try row.integer(required: "attempt"),
            processingStartedAt: row.timestamp("started_at"),
            updatedAt: try row.timestamp(required: "updated_at"),
            since: Timestamp(milliseconds: since / 1000),
            stuckFor: .milliseconds(try row.integer(required: "duration")),
            stuckReason: StuckReason(
                rule: try row.text(required: "rule"),
                limit: try row.word("limit_kind"),
                allowed: .milliseconds(try row.integer(required: "limit_ms")),
                measured: .milliseconds(try row.integer(required: "measured_ms")),
                worker: row.text("worker")
            ),
            action: try row.word("action"),
            tokensOwed: try row.integer(required: "amount")
        )
        self.fraction = since % 1000
        self.problem = row.text("problem")
    }
}

extension StuckJob {
    /// A job whose age is unknown.
    package init(unreadable row: some StoredRow, asOf now: Timestamp) throws {
        self.init(
            id: try row.text(required: "job_id"),
            userID: try row.text(required: "user_id"),
            kind: try row.text(required: "kind"),
            tier: row.text("tier"),
            tokensCost: try row.integer(required: "cost"),
            attempt: try row.integer(required: "attempt"),
            processingStartedAt: nil,
            updatedAt: now,
            since: now,
            stuckFor: .zero,
            stuckReason: StuckReason(rule: "", limit: .timeout, allowed: .zero, measured: .zero, worker: nil),
            action: .error,
            tokensOwed: 0
        )
        self.problem = Self.badTime
    }
}

extension StuckKind {
    package init(row: some StoredRow) throws {
        self.init(
            kind: try row.text(required: "kind"),
            jobs: try row.integer(required: "jobs"),
            since: try row.timestamp(required: "since")
        )
    }
}

extension Job {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            userID: try row.text(required: "user_id"),
            kind: try row.text(required: "kind"),
            tier: row.text("tier"),
            tokensCost: try row.integer(required: "cost"),
            status: try row.word("status"),
            attempt: try row.integer(required: "attempt"),
            chargeKind: try row.word("charge_kind"),
            tokensUsed: row.integer("tokens_used"),
            charge: try row.integer(required: "charge"),
            timeouts: try row.integer(required: "timeouts"),
            worker: row.text("worker"),
            payload: row.text("payload"),
            errorMessage: row.text("error_message"),
            createdAt: try row.timestamp(required: "created_at"),
            availableAt: row.timestamp("available_at"),
            quarantinedAt: row.timestamp("quarantined_at"),
            processingStartedAt: row.timestamp("processing_started_at"),
            updatedAt: try row.timestamp(required: "updated_at"),
            processingCompletedAt: row.timestamp("processing_completed_at")
        )
        self.timedOut = row.integer("timed_out_after") != nil
    }

    /// The values of ``JobStatements/write``, given the old job.
    package func arguments(over old: Job) -> SQLArguments {
        [
            "id": .text(self.id), "user": .text(self.userID), "oldStatus": .text(old.status.rawValue),
            "oldAttempt": .integer(old.attempt), "status": .text(self.status.rawValue), "charge": .integer(self.charge),
            "tokensUsed": SQLValue(self.tokensUsed), "timeouts": .integer(self.timeouts),
            "error": SQLValue(self.errorMessage),
            "startedAt": SQLValue(self.processingStartedAt?.milliseconds),
            "completedAt": SQLValue(self.processingCompletedAt?.milliseconds),
            "availableAt": .integer(self.availableAt.milliseconds), "now": .integer(self.updatedAt.milliseconds),
        ]
    }
}

extension ImportRow {
    /// The values of ``ImportStatements/columns``, in their order, and the line.
    package var stagingValues: [SQLValue] {
        let job = self.job
        return [
            .text(job.id), .text(job.userID), .text(job.kind), SQLValue(job.tier), .integer(job.tokensCost),
            .text(job.status.rawValue), .integer(job.attempt), .integer(1), .integer(job.createdAt.milliseconds),
            SQLValue(job.processingStartedAt?.milliseconds), .integer(job.updatedAt.milliseconds),
            SQLValue(job.processingCompletedAt?.milliseconds), .integer(self.line),
        ]
    }
}

extension Heartbeat {
    /// The values of ``LeaseStatements/beat``.
    package var arguments: SQLArguments {
        [
            "id": .text(self.jobID), "attempt": .integer(self.attempt), "progress": SQLValue(self.millionths),
            "message": SQLValue(self.message),
        ]
    }
}

extension NewJob {
    /// The values of ``JobStatements/create``.
    package var arguments: SQLArguments {
        [
            "id": .text(self.id), "user": .text(self.userID), "kind": .text(self.kind), "tier": SQLValue(self.tier),
            "cost": .integer(self.tokensCost), "chargeKind": .text(self.chargeKind.rawValue),
            "payload": SQLValue(self.payload), "key": SQLValue(self.idempotencyKey),
        ]
    }
}

extension TokenTransaction {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            userID: try row.text(required: "user_id"),
            sequence: try row.integer(required: "sequence"),
            amount: try row.integer(required: "amount"),
            kind: try row.word("type"),
            source: try row.text(required: "source"),
            sourceID: row.text("source_id"),
            balanceAfter: try row.integer(required: "balance_after"),
            metadata: try row.text(required: "metadata"),
            createdAt: try row.timestamp(required: "created_at")
        )
    }
}

extension NewTransaction {
    /// The values of ``LedgerStatements/insert``, given the place of the line.
    package func arguments(sequence: Int, balanceAfter: Int) -> SQLArguments {
        [
            "id": .text(self.id), "user": .text(self.userID), "sequence": .integer(sequence),
            "amount": .integer(self.amount), "type": .text(self.kind.rawValue), "source": .text(self.source),
            "sourceId": SQLValue(self.sourceID), "balanceAfter": .integer(balanceAfter),
            "metadata": .text(self.metadata),
        ]
    }
}

extension NewTransaction {
    /// The values of ``LedgerStatements/move``.
    package var moving: SQLArguments {
        let sums = LedgerSums(self)
        return [
            "user": .text(self.userID), "amount": .integer(self.amount), "spent": .integer(sums.spent),
            "charges": .integer(sums.charges), "refunded": .integer(sums.refunded), "refunds": .integer(sums.refunds),
            "released": .integer(sums.released), "releases": .integer(sums.releases),
            "isRefund": .integer(sums.refunds),
        ]
    }
}

extension LedgerSums {
    package init(row: some StoredRow) throws {
        self.init()
        self.spent = try row.integer(required: "spent")
        self.charges = try row.integer(required: "charges")
        self.refunded = try row.integer(required: "refunded")
        self.refunds = try row.integer(required: "refunds")
        self.released = try row.integer(required: "released")
        self.releases = try row.integer(required: "releases")
        let last = try row.integer(required: "last_refund")
        self.lastRefund = last > 0 ? last : nil
    }
}

extension ConsumptionStats {
    package init(row: some StoredRow) throws {
        self.init(
            spent: try row.integer(required: "spent"),
            refunded: try row.integer(required: "refunded"),
            charges: try row.integer(required: "charges"),
            refunds: try row.integer(required: "refunds")
        )
    }
}

extension Reconciliation.Mismatch {
    package init(check: Reconciliation.Check, row: some StoredRow) throws {
        self.init(
            check: check,
            userID: try row.text(required: "user_id"),
            subject: try row.text(required: "subject"),
            expected: try row.integer(required: "expected"),
            actual: try row.integer(required: "actual")
        )
    }
}

extension Run {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            trigger: RunTrigger(stored: try row.text(required: "trigger")),
            status: try row.word("status"),
            dryRun: row.flag("dry_run"),
            timeout: row.integer("timeout_ms").map { .milliseconds($0) },
            batchSize: try row.integer(required: "batch_size"),
            totalFound: try row.integer(required: "total_found"),
            cleanedUp: try row.integer(required: "cleaned_up"),
            retried: try row.integer(required: "retried"),
            failed: try row.integer(required: "failed"),
            tokensRefunded: try row.integer(required: "tokens_refunded"),
            tokensOwed: try row.integer(required: "tokens_owed"),
            more: row.flag("more"),
            error: row.text("error"),
            startedAt: try row.timestamp(required: "started_at"),
            updatedAt: try row.timestamp(required: "updated_at"),
            duration: row.integer("duration_ms").map { .milliseconds($0) },
            kinds: row.text("kinds").map { $0.split(separator: "\n").map(String.init) } ?? []
        )
    }

    /// The values of ``RunStatements/record``.
    package var arguments: SQLArguments {
        [
            "id": .text(self.id), "trigger": .text(self.trigger.description), "status": .text(self.status.rawValue),
            "dryRun": .flag(self.dryRun), "timeout": SQLValue(self.timeout?.inMilliseconds),
            "batchSize": .integer(self.batchSize), "totalFound": .integer(self.totalFound),
            "cleanedUp": .integer(self.cleanedUp), "retried": .integer(self.retried), "failed": .integer(self.failed),
            "tokensRefunded": .integer(self.tokensRefunded), "tokensOwed": .integer(self.tokensOwed),
            "more": .flag(self.more), "error": SQLValue(self.error),
            "startedAt": .integer(self.startedAt.milliseconds), "updatedAt": .integer(self.updatedAt.milliseconds),
            "duration": SQLValue(self.duration?.inMilliseconds),
            // A kind has no control characters.
            "kinds": SQLValue(self.kinds.isEmpty ? nil : self.kinds.joined(separator: "\n")),
        ]
    }

    /// The values of ``RunStatements/closeInterrupted``, for this run as it ends.
    package var closingArguments: SQLArguments {
        [
            "id": .text(self.id), "more": true,
            "silentSince": .integer((self.updatedAt - Self.silence).milliseconds),
            // A time that the clock has not reached was written while the clock was wrong.
            "ahead": .integer((self.updatedAt + Self.silence).milliseconds),
            "reason": .text(Self.interruption),
        ]
    }

    private static let interruption =
        "The run was interrupted: its process ended or lost the database. The jobs that it cleaned stay cleaned."

    /// The run after ``RunStatements/closeInterrupted``.
    package var interrupted: Run {
        var run = self
        (run.status, run.more, run.error) = (.failed, true, Self.interruption)
        return run
    }

    /// The run with these cleaned jobs added.
    package func adding(_ items: [RunItem]) -> Run {
        var run = self
        let aside = items.count { $0.action == .error }
        run.totalFound += items.count
        run.cleanedUp += items.count { $0.action.isCleanedUp }
        run.failed += aside
        run.retried += items.count { $0.action == .retried }
        run.tokensRefunded += items.reduce(0) { $0 + $1.tokensRefunded }
        return run
    }
}

extension ScheduleState {
    package init(row: some StoredRow) {
        self.init(
            lastDue: row.timestamp("last_due"),
            lapsedAt: row.timestamp("lapsed_at"),
            seenAt: row.timestamp("seen_at"),
            nextDue: row.timestamp("next_due")
        )
    }
}

extension WaitingJobs {
    package init(row: some StoredRow, limit: Int) throws {
        let jobs = try row.integer(required: "jobs")
        self.init(jobs: min(jobs, limit), isMore: jobs > limit, since: row.timestamp("since"))
    }
}

extension RunTotals {
    /// The totals of the runs, and the refunds by calls.
    package init(runs: some StoredRow, calls: some StoredRow) throws {
        let byCalls = try calls.integer(required: "tokens")
        self.init(
            cleanedUp: try runs.integer(required: "jobs"),
            tokensRefunded: try runs.integer(required: "tokens") + byCalls,
            tokensByCalls: byCalls
        )
    }
}

extension [HourTotals] {
    /// The totals of the runs, and the refunds by calls.
    package init(runs: [any StoredRow], calls: [any StoredRow]) throws {
        var hours: [Timestamp: HourTotals] = [:]
        for row in runs {
            let total = try HourTotals(row: row)
            hours[total.hour] = total
        }
        for row in calls {
            let hour = try row.timestamp(required: "hour")
            hours[hour, default: HourTotals(hour: hour)].tokensRefunded += try row.integer(required: "tokens")
        }
        self = hours.values.sorted { $0.hour < $1.hour }
    }
}

extension HourTotals {
    package init(row: some StoredRow) throws {
        self.init(
            hour: try row.timestamp(required: "hour"),
            failed: try row.integer(required: "failed"),
            retried: try row.integer(required: "retried"),
            tokensRefunded: try row.integer(required: "tokens"),
            mostFound: try row.integer(required: "most_found")
        )
    }
}

extension RunFilter {
    /// The values of ``RunStatements/list(_:)`` and ``RunStatements/windowEnd(_:)``.
    package func arguments(before: String?, limit: Int) -> SQLArguments {
        [
            "before": SQLValue(before), "trigger": SQLValue(self.trigger),
            "status": SQLValue(self.status?.rawValue),
            "limit": .integer(limit), "window": .integer(Limits.window - 1),
        ]
    }
}

extension RunItem {
    /// The values of ``RunStatements/insertItem``, without `since`, which each store keeps in its own unit.
    package func arguments(run: String) -> SQLArguments {
        [
            "run": .text(run), "position": .integer(self.position), "user": .text(self.userID),
            "job": .text(self.jobID), "kind": .text(self.kind), "tier": SQLValue(self.tier),
            "attempt": .integer(self.attempt), "since": .integer(self.since.milliseconds),
            "duration": .integer(self.processingDuration.inMilliseconds), "amount": .integer(self.amount),
            "action": .text(self.action.rawValue), "error": SQLValue(self.error), "rule": .text(self.stuckReason.rule),
            "limitKind": .text(self.stuckReason.limit.rawValue),
            "limit": .integer(self.stuckReason.allowed.inMilliseconds),
            "measured": .integer(self.stuckReason.measured.inMilliseconds), "worker": SQLValue(self.stuckReason.worker),
            "retryAt": SQLValue(self.retryAt?.milliseconds), "origin": SQLValue(self.source),
        ]
    }
}

extension [RunItem] {
    /// How many users these items refund; ids are compared by their bytes, as the database does.
    package var refundedUsers: Int {
        Set(self.lazy.filter { $0.tokensRefunded > 0 }.map { $0.userID.exact }).count
    }
}

extension AccessToken {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            name: try row.text(required: "name"),
            role: try row.word("role"),
            digest: row.bytes("digest"),
            createdAt: try row.timestamp(required: "created_at"),
            revokedAt: row.timestamp("revoked_at")
        )
    }

    package var arguments: SQLArguments {
        [
            "id": .text(self.id), "name": .text(self.name), "role": .text(self.role.rawValue),
            "digest": .bytes(self.digest), "now": .integer(self.createdAt.milliseconds),
        ]
    }
}

extension Pause {
    package init(row: some StoredRow) throws {
        self.init(until: try row.timestamp(required: "paused_until"), by: try row.text(required: "paused_by"))
    }
}

extension Candidates.Group {
    package init(row: some StoredRow) throws {
        self.init(
            phase: try row.word("phase"),
            kind: try row.text(required: "kind"),
            tier: row.text("tier"),
            count: try row.integer(required: "jobs")
        )
    }
}

extension NewEvent {
    /// The values of ``EventStatements/emit`` and ``EventStatements/deliver``.
    ///
    /// - Parameter now: when it happened; `nil` for the database's clock.
    package func arguments(at now: Timestamp?, trace: String?) -> SQLArguments {
        var arguments: SQLArguments = [
            "id": .text(self.id), "type": .text(self.type.rawValue), "user": .text(self.userID ?? ""),
            "subject": SQLValue(self.subject), "payload": .text(self.payload), "trace": SQLValue(trace),
        ]
        if let now { arguments["now"] = .integer(now.milliseconds) }
        return arguments
    }
}

extension AlertState {
    /// Reads a row; `nil` for an alert that this version does not know.
    package init?(row: some StoredRow) throws {
        guard let name = AlertName(rawValue: try row.text(required: "name")) else { return nil }
        self.init(
            name: name,
            phase: try row.word("phase"),
            since: try row.timestamp(required: "since"),
            firingSince: row.timestamp("firing_since"),
            value: row.number("value"),
            threshold: row.number("threshold"),
            summary: try row.text(required: "summary")
        )
    }

    /// The values of ``AlertStatements/write``.
    package func arguments(over old: AlertState) -> SQLArguments {
        [
            "name": .text(self.name.rawValue), "phase": .text(self.phase.rawValue),
            "since": .integer(self.since.milliseconds), "firingSince": SQLValue(self.firingSince?.milliseconds),
            "value": .text(String(self.value)), "threshold": .text(String(self.threshold)),
            "summary": .text(self.summary), "oldPhase": .text(old.phase.rawValue),
            "oldSince": .integer(old.since.milliseconds),
        ]
    }
}
