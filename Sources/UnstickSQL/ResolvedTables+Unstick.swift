import Unstick

extension ResolvedTables {
    /// Unstick's own tables.
    package static func own(_ dialect: any SQLDialect) -> ResolvedTables {
        var map = ResolvedTables(
            dialect: dialect,
            jobs: self.ownJobs(dialect),
            outcome: .fail,
            writes: self.ownWrites(.processing, self.assignments, dialect),
            pendingWrites: self.ownWrites(.pending, self.assignments, dialect),
            compensation: .ledger
        )
        map.failures = [
            .processing: self.ownWrites(.processing, self.failure, dialect),
            .pending: self.ownWrites(.pending, self.failure, dialect),
        ]
        map.balances = Balances(
            table: "unstick.balances",
            key: "b.user_id",
            asKey: { $0 },
            balance: "b.balance",
            isUnknown: nil,
            isRequired: false
        )
        for phase in StuckPhase.allCases { map.isAsWritten[phase] = "j.status = \(self.statusWritten)" }
        return map
    }

    private static func ownSince(_ dialect: any SQLDialect) -> String {
        dialect.indexed("coalesce(j.processing_started_at, j.updated_at)", in: "j.since")
    }

    private static func ownJobs(_ dialect: any SQLDialect) -> Jobs {
        var jobs = Jobs(
            table: "unstick.jobs",
            id: "j.id",
            idText: "j.id",
            asID: { $0 },
            user: "j.user_id",
            kind: "j.kind",
            tier: "j.tier",
            cost: "j.cost",
            attempt: "j.attempt",
            charge: "j.charge",
            isProcessing: "j.status = 'PROCESSING'",
            since: self.ownSince(dialect),
            clock: .own,
            startedAt: "j.processing_started_at",
            updatedAt: "j.updated_at",
            isItem: "j.user_id = i.user_id AND j.id = i.job_id"
        )
        jobs.isPending = "j.status = 'PENDING'"
        jobs.indexes = [.processing: "jobs_stuck", .pending: "jobs_by_status"]
        jobs.key = "PRIMARY"
        jobs.created = ("j.created_at", .own)
        jobs.available = "j.available_at"
        jobs.worker = "j.worker"
        jobs.timeouts = "j.timeouts"
        jobs.isHold = "j.charge_kind = 'HOLD'"
        jobs.isCompleted = "j.status = 'COMPLETED'"
        jobs.completedAt = "j.processing_completed_at"
        jobs.timedOut = "j.timed_out_after IS NOT NULL"
        jobs.knowsHeartbeats = true
        jobs.lease = Jobs.Lease(
            row: Beside(
                table: "unstick.leases AS l",
                condition: "l.user_id = j.user_id AND l.job_id = j.id AND l.attempt = j.attempt"
            ),
            beatAt: "l.beat_at",
            progress: "l.progress"
        )
        return jobs
    }

    /// The jobs fail or return to the queue, each only if it is still as it was read.
    private static func ownWrites(
        _ phase: StuckPhase,
        _ assignments: [(String, String)],
        _ dialect: any SQLDialect
    ) -> [String] {
        let since = phase == .processing ? self.ownSince(dialect) : "j.created_at"
        let endings = dialect.update(
            ("unstick.jobs", "j"),
            set: assignments,
            from: "unstick.run_items AS i",
            where: """
                \(inBatch) AND j.user_id = i.user_id AND j.id = i.job_id AND j.status = '\(phase.rawValue)'
                    AND j.attempt = i.attempt AND \(since) = i.since / \(dialect.itemTicks)
                """
        )
        guard phase == .processing else { return [endings] }
        let dropLeases = dialect.delete(
            KeyedTable(name: "unstick.leases", alias: "l", key: ["job_id"]),
            using: "unstick.run_items AS i",
            where: "\(inBatch) AND l.user_id = i.user_id AND l.job_id = i.job_id"
        )
        return [dropLeases, endings]
    }

    /// The status of a job after the batch, by its item.
    private static let statusWritten = "CASE i.action WHEN 'RETRIED' THEN 'PENDING' ELSE 'FAILED' END"

    private static let unpaidMessage =
        "'Job timed out after ' || ((i.duration + 500) / 1000) || 's. Automatically cleaned up.'"

    /// The changes to a job `j` by its item `i`.
    ///
    /// A time-out stores its milliseconds, and its message is written when the job is read; only a message that this
    /// would get wrong, that nothing was refunded, is stored.
    private static let assignments = [
        ("status", statusWritten),
        ("timed_out_after", "CASE i.action WHEN 'RETRIED' THEN NULL ELSE i.duration END"),
        ("processing_started_at", "CASE i.action WHEN 'RETRIED' THEN NULL ELSE j.processing_started_at END"),
        ("processing_completed_at", "CASE i.action WHEN 'RETRIED' THEN NULL ELSE CAST(:now AS bigint) END"),
        ("available_at", "coalesce(i.retry_at, j.available_at)"),
        ("quarantined_at", "CASE i.action WHEN 'QUARANTINED' THEN CAST(:now AS bigint) END"),
        (
            "error_text",
            "CASE WHEN i.amount = 0 AND j.cost > 0 AND i.action <> 'RETRIED' THEN \(unpaidMessage) END"
        ),
        ("timeouts", "j.timeouts + 1"), ("updated_at", ":now"),
    ]

    /// The same where every job of the batch fails: no index of waiting jobs is touched.
    private static let failure = [
        ("status", "'FAILED'"), ("timed_out_after", "i.duration"), ("processing_completed_at", ":now"),
        ("quarantined_at", "NULL"),
        ("error_text", "CASE WHEN i.amount = 0 AND j.cost > 0 THEN \(unpaidMessage) END"),
        ("timeouts", "j.timeouts + 1"), ("updated_at", ":now"),
    ]
}
