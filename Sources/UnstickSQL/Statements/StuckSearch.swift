package import Unstick

/// The search for stuck jobs in one phase, judged by their rules, in SQL.
///
/// The rules come as one JSON value (`:rules`), a row for each kind and tier, so that a hundred rules are as many statements
/// as one. What the rules in hand do not use is left out of the text: the standard policy costs what a single timeout costs.
/// Parameters: `:rules :now :cutoff :since :id :limit`. Moments are in microseconds where they are compared with the jobs'
/// (`:cutoff`, `:since`), and in milliseconds where they are stored.
package struct StuckSearch: Sendable {
    /// What the rules in hand need.
    package struct Shape: Hashable, Sendable {
        package var phase: StuckPhase
        /// One rule holds for all.
        var isUniform: Bool
        var limits: Set<LimitKind>
        var retries: Bool
        var quarantines: Bool
        var refunds: Set<Refund>

        /// Whether every job of a batch fails and is refunded in full.
        var isPlain: Bool { !self.retries && !self.quarantines && self.refunds == [.full] }

        package init(_ judgements: Judgements) {
            let rules = judgements.groups.map(\.rule)
            self.phase = judgements.phase
            self.isUniform = judgements.only != nil
            self.limits = Set(rules.flatMap { $0.limits(in: judgements.phase).keys })
            self.retries = judgements.phase == .processing && rules.contains { $0.retry.attempts > 1 }
            self.quarantines = judgements.phase == .processing && rules.contains { $0.quarantine != nil }
            self.refunds = Set(rules.map(\.refund))
        }
    }

    private let map: TableMap
    private let shape: Shape
    private var jobs: TableMap.Jobs { self.map.jobs }
    private var dialect: SQLDialect { self.map.dialect }

    package init(map: TableMap, shape: Shape) {
        self.map = map
        self.shape = shape
    }

    // MARK: The parts of the search

    /// Whether a job is of this phase.
    var isOfPhase: String { self.shape.phase == .processing ? self.jobs.isProcessing : self.jobs.isPending ?? "false" }

    /// The moment by which jobs are ordered, as the table keeps it, and how.
    var since: (sql: String, clock: TableMap.TimeKind) {
        guard self.shape.phase == .pending, let created = self.jobs.created else {
            return (self.jobs.since, self.jobs.clock)
        }
        return (created.sql, created.clock)
    }

    private var sinceMicroseconds: String { self.since.clock.microseconds(self.since.sql) }

    /// The index's own range.
    var isOldEnough: String { "\(self.since.sql) <= \(self.since.clock.value(microseconds: ":cutoff"))" }

    /// The first page has no cursor: no value of a key is known to be before all others.
    private func isAfterCursor(_ hasCursor: Bool) -> String {
        guard hasCursor else { return "" }
        let since = self.since.clock.value(microseconds: ":since")
        return " AND " + self.dialect.isAfter((self.since.sql, self.jobs.id), (since, self.jobs.asID(":id")))
    }

    /// Where a row is left as it is, an attempt that was told before is not taken again.
    private var told: (join: String, condition: String) {
        guard self.map.outcome == .report, self.map.hasHistory else { return ("", "") }
        return (
            """

                LEFT JOIN unstick.run_items AS p ON p.user_id = \(self.jobs.user) AND p.job_id = \(self.jobs.idText)
                    AND p.since = \(self.sinceMicroseconds) AND p.action = 'REPORTED'
            """, " AND p.job_id IS NULL"
        )
    }

    private var usesLease: Bool {
        self.jobs.lease != nil
            && (self.shape.limits.contains(.heartbeat) || self.shape.refunds.contains(.byProgress))
    }

    private var rules: String {
        let columns = RuleColumn.allCases
        return "r AS MATERIALIZED (\(self.dialect.rows(of: ":rules", columns.map { ($0.rawValue, $0.isText) })))"
    }

    private var rulesJoin: String {
        guard !self.shape.isUniform else { return " CROSS JOIN r" }
        let isFor = "r.kind = \(self.jobs.kind) AND \(self.dialect.isSame("r.tier", self.jobs.tier))"
        return " " + self.dialect.joinOne("r", on: isFor)
    }

    /// Each limit of the rules in hand: when it is passed, what it allows, and what is measured.
    ///
    /// The first one that is passed is the one that is told; a deadline comes first, because it leaves no further attempt.
    private var limits: [(kind: LimitKind, allowed: String, begins: String)] {
        let created = self.jobs.created.map { $0.clock.microseconds($0.sql) } ?? self.sinceMicroseconds
        let beat = self.jobs.lease.map {
            self.dialect.greatest(self.sinceMicroseconds, "coalesce(\($0.beatAt), 0) * 1000")
        }
        let all: [(LimitKind, String, String)] = [
            (.deadline, "r.deadline", created),
            (.timeout, "r.timeout", self.sinceMicroseconds),
            (.pending, "r.pending", self.jobs.available.map { "\($0) * 1000" } ?? created),
            (.heartbeat, "r.heartbeat", beat ?? self.sinceMicroseconds),
        ]
        return all.filter { self.shape.limits.contains($0.0) }
    }

    /// Whether the range of the index says it all.
    private var isByRangeOnly: Bool { self.shape.isUniform && self.shape.limits == [.timeout] }

    private var isStuck: String {
        let range = "\(self.isOfPhase) AND \(self.isOldEnough)\(self.told.condition)"
        guard !self.isByRangeOnly else { return range }
        let passed = self.limits.map { "\($0.begins) <= (:now - \($0.allowed)) * 1000" }
        return "\(range) AND (\(passed.joined(separator: " OR ")))"
    }

    private func byLimit(_ value: ((kind: LimitKind, allowed: String, begins: String)) -> String) -> String {
        let limits = self.limits
        guard let last = limits.last else { return "NULL" }
        let cases = limits.dropLast().map { "WHEN \($0.begins) <= (:now - \($0.allowed)) * 1000 THEN \(value($0))" }
        return cases.isEmpty ? value(last) : "CASE \(cases.joined(separator: " ")) ELSE \(value(last)) END"
    }

    /// How long the attempt has been running, or the job waiting in the queue.
    private var duration: String {
        let begins =
            self.shape.phase == .processing ? self.sinceMicroseconds : self.jobs.available.map { "\($0) * 1000" }
        return ":now - (\(begins ?? self.sinceMicroseconds)) / 1000"
    }

    // MARK: The whole search

    /// The jobs that are stuck, as a relation `v`, locked where a batch is to change them, and whether the charge of each
    /// was given back before: then it is not owed again.
    private func victims(hasCursor: Bool, locked: Bool, extra: String) -> String {
        """
        WITH \(self.rules), v AS \(self.dialect.onePass)(
            SELECT \(self.jobs.id) AS key, \(self.jobs.idText) AS job_id, \(self.jobs.user) AS user_id,
                \(self.jobs.kind) AS kind, \(self.jobs.tier) AS tier, \(self.jobs.attempt) AS attempt,
                \(self.jobs.charge) AS charge, \(self.jobs.isHold) AS hold, \(self.jobs.cost) AS cost,
                \(self.sinceMicroseconds) AS since, \(self.duration) AS duration, \(self.jobs.worker) AS worker,
                \(self.byLimit { "'\($0.kind.rawValue)'" }) AS limit_kind, \(self.byLimit(\.allowed)) AS limit_ms,
                \(self.byLimit { ":now - (\($0.begins)) / 1000" }) AS measured_ms, r.rule AS rule,
                \(self.facts)\(extra)
            FROM \(self.jobs.table) AS j\(self.rulesJoin)\(self.leaseJoin)\(self.told.join)\(self.guardJoin)
            WHERE \(self.isStuck)\(self.isAfterCursor(hasCursor))
            ORDER BY \(self.since.sql), \(self.jobs.id) LIMIT :limit
            \(locked ? self.dialect.lock("j") : "")
        )
        """
    }

    /// What the outcome is decided by, where the rules in hand decide anything by it.
    private var facts: String {
        let isFinal =
            self.shape.limits.contains(.deadline)
            ? "\(self.byLimit { $0.kind == .deadline ? "1" : "0" }) = 1" : "false"
        let quarantined = "NOT (\(isFinal)) AND coalesce(\(self.jobs.timeouts) + 1 >= r.quarantine, false)"
        let retried = "NOT (\(isFinal)) AND \(self.jobs.attempt) < r.attempts"
        let progress = self.usesLease ? self.jobs.lease.map { "coalesce(\($0.progress), 0)" } ?? "0" : "0"
        var facts = ["\(self.guardJoin.isEmpty ? "false" : "t.id IS NOT NULL") AS paid"]
        if self.shape.quarantines { facts.append("\(quarantined) AS quarantined") }
        if self.shape.retries { facts.append("\(retried) AS retryable, r.backoff AS backoff, r.cap AS cap") }
        if self.shape.refunds != [.full] { facts.append("r.refund AS refund, \(progress) AS progress") }
        return facts.joined(separator: ", ")
    }

    private var leaseJoin: String { self.usesLease ? self.jobs.lease.map { "\n    \($0.join)" } ?? "" : "" }

    private var guardJoin: String {
        guard self.paysBack, self.map.hasHistory else { return "" }
        let key = "'refund:' || \(self.jobs.idText) || ':' || \(self.jobs.charge)"
        return "\n    LEFT JOIN \(self.map.guardTable) AS t ON t.user_id = \(self.jobs.user) AND t.id = \(key)"
    }

    private var paysBack: Bool {
        if case .none = self.map.compensation { return false }
        return self.map.outcome != .retry
    }

    /// Whether the job goes back to the queue; `nil` where none does.
    private var retried: String? {
        guard self.map.outcome == .fail, self.shape.retries else { return nil }
        return self.shape.quarantines ? "v.retryable AND NOT v.quarantined" : "v.retryable"
    }

    private var amount: String {
        guard self.paysBack else { return "CAST(0 AS bigint)" }
        return "CASE \(self.retried.map { "WHEN \($0) THEN 0 " } ?? "")WHEN v.paid THEN 0 ELSE \(self.refund) END"
    }

    private var refund: String {
        guard self.shape.refunds != [.full] else { return "v.cost" }
        return """
            CASE v.refund WHEN 'none' THEN 0 WHEN 'byProgress'
                THEN v.cost - v.cost / 1000000 * v.progress - v.cost % 1000000 * v.progress / 1000000 ELSE v.cost END
            """
    }

    private var action: String {
        switch self.map.outcome {
        case .retry: return "'RETRIED'"
        case .report: return "'REPORTED'"
        case .fail:
            let retried = self.retried.map { "WHEN \($0) THEN 'RETRIED' " } ?? ""
            let quarantined = self.shape.quarantines ? "WHEN v.quarantined THEN 'QUARANTINED' " : ""
            return "CASE \(retried)\(quarantined)WHEN \(self.amount) > 0 THEN 'FAILED_AND_REFUNDED' ELSE 'FAILED' END"
        }
    }

    /// Exponential backoff with equal jitter; see ``Unstick/Retry``.
    private var retryAt: String {
        guard let retried else { return "CAST(NULL AS bigint)" }
        let doublings = self.dialect.least(self.dialect.greatest("v.attempt - 1", "0"), "\(Retry.mostDoublings)")
        let whole = self.dialect.least("v.cap", "v.backoff << CAST(\(doublings) AS integer)")
        let jitter = self.dialect.perMille("v.job_id", "v.attempt")
        return "CASE WHEN \(retried) THEN :now + \(whole) - \(whole) / 2 * (\(jitter)) / 1000 END"
    }

    /// The columns of an item that the search fills, in the order of ``outcome``.
    package static let columns = """
        user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action, hold, rule, limit_kind, limit_ms,
            measured_ms, worker, retry_at
        """

    private var outcome: String {
        """
        v.user_id, v.job_id, v.kind, v.tier, v.attempt, v.charge, v.since, v.duration, \(self.amount), \(self.action), v.hold,
            v.rule, v.limit_kind, v.limit_ms, v.measured_ms, v.worker, \(self.retryAt)
        """
    }

    // MARK: What it is used for

    /// The next batch as rows of ``columns``, behind `leading`; the rows are locked where the engine locks rows.
    ///
    /// - Parameter into: `INSERT INTO …` for which the rows are.
    func batch(into insert: String, leading: String, extra: String = "", hasCursor: Bool) -> String {
        """
        \(self.victims(hasCursor: hasCursor, locked: true, extra: extra))
        \(insert)
        SELECT \(leading), \(self.outcome) FROM v\(self.dialect.keepsOrder ? "" : " ORDER BY v.since, v.key")
        """
    }

    /// The oldest stuck jobs after the cursor, with what a pass would do with each.
    package func list(hasCursor: Bool) -> String {
        let extra = ", \(self.jobs.startedAt) AS started_at, \(self.jobs.updatedAt) AS updated_at"
        return """
            \(self.victims(hasCursor: hasCursor, locked: false, extra: extra))
            SELECT v.job_id, v.user_id, v.kind, v.tier, v.cost, v.attempt, v.started_at, v.updated_at, v.since, v.duration,
                v.rule, v.limit_kind, v.limit_ms, v.measured_ms, v.worker, \(self.amount) AS amount, \(self.action) AS action
            FROM v ORDER BY v.since, v.key
            """
    }

    /// How many are stuck, and what is owed for the first `:limit` of them.
    package var tally: String {
        """
        \(self.victims(hasCursor: false, locked: false, extra: ""))
        SELECT (SELECT count(*) FROM \(self.jobs.table) AS j\(self.rulesJoin)\(self.leaseJoin)\(self.told.join)
            WHERE \(self.isStuck)) AS jobs,
            (SELECT CAST(coalesce(sum(\(self.amount)), 0) AS bigint) FROM v) AS tokens
        """
    }

    /// How many are stuck of each kind, and since when.
    package var byKind: String {
        """
        WITH \(self.rules)
        SELECT \(self.jobs.kind) AS kind, count(*) AS jobs, min(\(self.sinceMicroseconds)) / 1000 AS since
        FROM \(self.jobs.table) AS j\(self.rulesJoin)\(self.leaseJoin)\(self.told.join)
        WHERE \(self.isStuck) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
        """
    }

    /// The search alone, for a look at its plan.
    package var probe: String {
        """
        SELECT 1 FROM \(self.jobs.table) AS j WHERE \(self.isOfPhase) AND \(self.isOldEnough)
        ORDER BY \(self.since.sql), \(self.jobs.id) LIMIT :limit
        """
    }

    /// The jobs of this phase that are old enough to be stuck, by kind and tier; `:cutoff` is the age in milliseconds.
    package func candidates(cutoff name: String) -> String {
        let oldest = self.since.clock.value(microseconds: "(:now - :\(name)) * 1000")
        return """
            SELECT '\(self.shape.phase.rawValue)' AS phase, \(self.jobs.kind) AS kind, \(self.jobs.tier) AS tier, count(*) AS jobs
            FROM \(self.jobs.table) AS j\(self.told.join)
            WHERE \(self.isOfPhase) AND \(self.since.sql) <= \(oldest)\(self.told.condition)
            GROUP BY 2, 3
            """
    }
}
