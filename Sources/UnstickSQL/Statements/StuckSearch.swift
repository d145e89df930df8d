package import Unstick

/// The search for stuck jobs in one phase by their rules, in SQL.
///
/// The rules are one JSON value (`:rules`), a row for each kind and tier, so that a hundred rules need no more
/// statements than one. One rule for all jobs comes as parameters (`:rule_timeout` and so on). The text leaves out what the
/// current rules do not use: the standard policy costs as much as a single timeout.
/// Parameters: `:rules :now :cutoff :since :id :only :limit`, and for a team's own tables `:origin`, their source, and
/// `:oldKeys`, the meaning of keys from before sources existed. Times are in microseconds where they are compared with the
/// jobs' (`:cutoff`, `:since`), and in milliseconds where they are stored.
package struct StuckSearch: Sendable {
    /// What the current rules need.
    package struct Shape: Hashable, Sendable {
        package var phase: StuckPhase
        /// One rule applies to all jobs.
        var isUniform: Bool
        var limits: Set<LimitKind>
        var retries: Bool
        var quarantines: Bool
        var refunds: Set<Refund>
        /// Jobs of open holds are left out.
        var leavesHeld: Bool
        /// Jobs by the time of another program are left out until their second look.
        var looksTwice: Bool

        /// Whether every job of a batch fails.
        var fails: Bool { !self.retries && !self.quarantines }

        package init(_ ruleMatches: RuleMatches) {
            let rules = ruleMatches.groups.map(\.rule)
            self.phase = ruleMatches.phase
            self.isUniform = ruleMatches.only != nil
            self.limits = Set(rules.flatMap { $0.limits(in: ruleMatches.phase).keys })
            self.retries = ruleMatches.phase == .processing && rules.contains { $0.retry.attempts > 1 }
            self.quarantines = ruleMatches.phase == .processing && rules.contains { $0.quarantine != nil }
            self.refunds = Set(rules.map(\.refund))
            self.leavesHeld = ruleMatches.leavesHeld
            self.looksTwice = ruleMatches.looksTwice
        }
    }

    /// Which of the stuck jobs are searched.
    package enum Start: Sendable {
        /// All, the oldest first.
        case oldest
        /// Those after the cursor, `:since` and `:id`.
        case cursor
        /// Those of the ids `:only`.
        case these

        package init(_ cursor: StuckCursor?) { self = cursor == nil ? .oldest : .cursor }
    }

    private let map: ResolvedTables
    private let shape: Shape
    /// Whether the rows are locked, for a batch.
    private var locks = false
    private var jobs: ResolvedTables.Jobs { self.map.jobs }
    private var dialect: any SQLDialect { self.map.dialect }

    package init(map: ResolvedTables, shape: Shape) {
        self.map = map
        self.shape = shape
    }

    // MARK: The parts of the search

    /// Whether a job is of this phase.
    var isOfPhase: String { self.shape.phase == .processing ? self.jobs.isProcessing : self.jobs.isPending ?? "false" }

    /// The time that orders the jobs, as the table stores it, and how.
    var since: (sql: String, clock: ResolvedTables.TimeKind) {
        guard self.shape.phase == .pending, let created = self.jobs.created else {
            return (self.jobs.since, self.jobs.clock)
        }
        return (created.sql, created.clock)
    }

    private var sinceMicroseconds: String { self.since.clock.microseconds(self.since.sql) }

    /// The range of the index; an unreadable time is not in it.
    var isOldEnough: String { self.isBefore(self.since.clock.value(microseconds: ":cutoff")) }

    private func isBefore(_ end: String) -> String {
        let readable = self.since.clock.range.map { " AND \(self.since.sql) >= \($0.first)" } ?? ""
        return "\(self.since.sql) <= \(end)\(readable)"
    }

    /// The first page has no cursor: no value of a key sorts before all others.
    private func isFrom(_ start: Start) -> String {
        guard start == .cursor else { return "" }
        let since = self.since.clock.value(microseconds: ":since")
        return " AND " + self.dialect.isAfter((self.since.sql, self.jobs.id), (since, self.jobs.asID(":id")))
    }

    /// The jobs, read so that a locking search locks none outside its range: another run would skip them, and no run
    /// would clean them.
    private func jobs(_ start: Start) -> String {
        guard start != .these else {
            let ids = self.dialect.rows(of: ":only", [(name: "id", isText: true)])
            let isNamed = "\(self.jobs.id) = \(self.jobs.asID("w.id"))"
            let jobs = self.jobs(by: self.locks ? self.jobs.key : nil)
            return "(\(ids)) AS w \(self.dialect.joinLater) \(jobs) ON \(isNamed)"
        }
        return self.jobs(by: self.locks ? self.jobs.indexes[self.shape.phase] : nil)
    }

    private func jobs(by index: String?) -> String {
        "\(self.jobs.table) AS j\(index.map(self.dialect.searching) ?? "")"
    }

    /// The jobs that no run takes now: those that were reported, and those of holds.
    private var left: (join: String, condition: String) {
        let (reported, held) = (self.reported, self.held)
        return (reported.join + held.join, reported.condition + held.condition)
    }

    /// The attempt in a hold, or in an approval.
    private var heldJob: Beside {
        Beside(
            table: "unstick.held_jobs AS h",
            condition: """
                h.user_id = \(self.jobs.user) AND h.job_id = \(self.jobs.idText) AND h.attempt = \(self.jobs.attempt)
                    AND h.source = \(self.source) AND h.since = (\(self.sinceMicroseconds)) / 1000
                """
        )
    }

    /// Whether the job of a held attempt `i` is still in this phase, unchanged.
    var isStillHeld: String {
        guard self.shape.phase == .processing || self.jobs.isPending != nil else { return "false" }
        return "\(self.isOfPhase) AND (\(self.sinceMicroseconds)) / 1000 = i.since"
    }

    private var source: String { self.map.isAttached ? "CAST(:origin AS text)" : "''" }

    private var isApproved: String {
        "coalesce(\(self.value("h.approved_until", of: self.heldJob)) > :now, false)"
    }

    private var held: (join: String, condition: String) {
        guard self.shape.leavesHeld else { return ("", "") }
        let isNotApproved = "\(self.value("h.approved_until", of: self.heldJob)) IS NULL"
        let isInHold = "\(self.isThere(self.heldJob, "h.job_id")) AND \(isNotApproved)"
        let isOfKind = """
            EXISTS (SELECT 1 FROM unstick.holds AS k WHERE k.state = 'OPEN' AND k.scope = 'kind'
                    AND k.source = \(self.source) AND k.kind = \(self.jobs.kind))
            """
        return (
            self.join(self.heldJob),
            " AND NOT (\(isInHold)) AND (\(self.isApproved) OR NOT \(isOfKind))"
        )
    }

    /// Where rows do not change, an attempt that was reported before is not taken again.
    private var reported: (join: String, condition: String) {
        guard self.map.outcome == .report, self.map.hasHistory else { return ("", "") }
        let row = Beside(
            table: "unstick.run_items AS p",
            condition: """
                p.user_id = \(self.jobs.user) AND p.job_id = \(self.jobs.idText)
                    AND p.since = \(self.sinceMicroseconds) AND p.action = 'REPORTED'
                    AND (p.source = CAST(:origin AS text) OR p.source IS NULL AND \(Self.ownsOldKeys))
                """
        )
        return (self.join(row), " AND NOT \(self.isThere(row, "p.job_id"))")
    }

    // MARK: Rows beside a job

    private typealias Beside = ResolvedTables.Beside

    /// Whether such rows are looked up one by one.
    ///
    /// Where a search locks the rows of every table that it joins, it skips a row that another transaction has locked,
    /// as if there were none: a job whose worker sends a heartbeat at that moment would be stuck.
    private var looksUp: Bool { self.locks && self.dialect.locksJoinedRows }

    private func join(_ row: Beside) -> String {
        self.looksUp ? "" : "\n    LEFT JOIN \(row.table) ON \(row.condition)"
    }

    /// A value of the row; NULL where there is none.
    private func value(_ column: String, of row: Beside) -> String {
        self.looksUp ? "(SELECT \(column) FROM \(row.table) WHERE \(row.condition))" : column
    }

    /// - Parameter column: one that is never NULL in the row.
    private func isThere(_ row: Beside, _ column: String) -> String {
        self.looksUp ? "EXISTS (SELECT 1 FROM \(row.table) WHERE \(row.condition))" : "(\(column) IS NOT NULL)"
    }

    private var usesLease: Bool {
        self.jobs.lease != nil
            && (self.shape.limits.contains(.heartbeat) || self.shape.refunds.contains(.byProgress))
    }

    /// The relation of the rules; `nil` where one rule is for all jobs.
    private var rules: String? {
        guard !self.shape.isUniform else { return nil }
        let columns = RuleColumn.allCases
        return "r AS MATERIALIZED (\(self.dialect.rows(of: ":rules", columns.map { ($0.rawValue, $0.isText) })))"
    }

    /// A column of the job's rule.
    private func rule(_ column: RuleColumn) -> String {
        self.shape.isUniform
            ? "CAST(:\(column.parameter) AS \(column.isText ? "text" : "bigint"))" : "r.\(column.rawValue)"
    }

    private var rulesJoin: String {
        guard !self.shape.isUniform else { return "" }
        let isFor = "r.kind = \(self.jobs.kind) AND \(self.dialect.isSame("r.tier", self.jobs.tier))"
        return " " + self.dialect.joinOne("r", on: isFor)
    }

    /// Each limit of the current rules: when it starts, the allowed time, and the measured time.
    ///
    /// The first limit that is exceeded is reported; a deadline comes first, because it leaves no further attempt.
    private var limits: [(kind: LimitKind, allowed: String, begins: String)] {
        let created = self.jobs.created.map { $0.clock.microseconds($0.sql) } ?? self.sinceMicroseconds
        let beat = self.jobs.lease.map {
            self.dialect.greatest(self.sinceMicroseconds, "coalesce(\(self.value($0.beatAt, of: $0.row)), 0) * 1000")
        }
        let all: [(LimitKind, String, String)] = [
            (.deadline, self.rule(.deadline), created),
            (.timeout, self.rule(.timeout), self.sinceMicroseconds),
            (.pending, self.rule(.pending), self.jobs.available.map { "\($0) * 1000" } ?? created),
            (.heartbeat, self.rule(.heartbeat), beat ?? self.sinceMicroseconds),
        ]
        return all.filter { self.shape.limits.contains($0.0) }
    }

    /// Whether the range of the index is the whole condition.
    private var isByRangeOnly: Bool { self.shape.isUniform && self.shape.limits == [.timeout] }

    private var isStuck: String {
        "\(self.isOverLimit)\(self.shape.looksTwice && !self.isExact ? " AND (\(self.isSeenTwice))" : "")"
    }

    private var isOverLimit: String {
        let range = "\(self.isOfPhase) AND \(self.isOldEnough)\(self.left.condition)"
        guard !self.isByRangeOnly else { return range }
        let passed = self.limits.map { "\($0.begins) <= (:now - \($0.allowed)) * 1000" }
        return "\(range) AND (\(passed.joined(separator: " OR ")))"
    }

    // MARK: First looks

    /// Whether every time is from the database's clock.
    private var isExact: Bool { self.limits.allSatisfy { self.jobs.exactLimits.contains($0.kind) } }

    /// No time zone explains an age that is this far over its limit: 26 hours.
    private static let farOver = 93_600_000

    private var firstLook: Beside {
        Beside(
            table: "unstick.first_looks AS f",
            condition: """
                f.user_id = \(self.jobs.user) AND f.job_id = \(self.jobs.idText) AND f.attempt = \(self.jobs.attempt)
                    AND f.source = \(self.source) AND f.since = \(self.sinceMicroseconds)
                """
        )
    }

    /// Whether the job is over a limit of the database's clock, or so far over it that no clock explains it.
    private var isCertain: String {
        let isExact = self.byLimit { self.jobs.exactLimits.contains($0.kind) ? "1" : "0" }
        let over = "\(self.byLimit { ":now - (\($0.begins)) / 1000" }) - (\(self.byLimit(\.allowed)))"
        return "(\(isExact)) = 1 OR \(over) >= \(Self.farOver)"
    }

    private var isSeenTwice: String {
        // Without Unstick's own tables no look is recorded.
        guard self.map.hasHistory else { return self.isCertain }
        return """
            \(self.isCertain)\(self.shape.leavesHeld ? " OR \(self.isApproved)" : "")
                    OR EXISTS (SELECT 1 FROM \(self.firstLook.table) WHERE \(self.firstLook.condition)
                        AND f.looked_at <= :now - (\(self.byLimit(\.allowed))))
            """
    }

    /// Records the jobs that are found for the first time, oldest first; `nil` where every time is exact.
    package var noteFirstLooks: String? {
        guard !self.isExact else { return nil }
        let allowed = self.byLimit(\.allowed)
        return """
            INSERT INTO unstick.first_looks (user_id, job_id, attempt, source, since, looked_at, due_at)
            \(self.rules.map { "WITH \($0)" } ?? "")
            SELECT \(self.jobs.user), \(self.jobs.idText), \(self.jobs.attempt), \(self.source), \(self.sinceMicroseconds),
                CAST(:now AS bigint), CAST(:now AS bigint) + (\(allowed))
            FROM \(self.jobs.table) AS j\(self.rulesJoin)\(self.leaseJoin)\(self.left.join)
            WHERE \(self.isOverLimit) AND NOT (\(self.isCertain))
                AND NOT EXISTS (SELECT 1 FROM \(self.firstLook.table) WHERE \(self.firstLook.condition))
            ORDER BY \(self.since.sql), \(self.jobs.id) LIMIT :limit
            ON CONFLICT (user_id, job_id, attempt, source) DO UPDATE SET since = excluded.since,
                looked_at = excluded.looked_at, due_at = excluded.due_at
            """
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

    /// The stuck jobs, as a relation `v`, locked where a batch changes them, and whether the charge of each was
    /// refunded before: then no refund is due.
    private func victims(from start: Start, extra: String = "") -> String {
        let found = self.findsProblems ? "found" : "v"
        return """
            WITH \(self.rules.map { $0 + ", " } ?? "")\(found) AS \(self.dialect.computedOnce)(
                SELECT \(self.jobs.id) AS job_key, \(self.jobs.idText) AS job_id, \(self.jobs.user) AS user_id,
                    \(self.jobs.kind) AS kind, \(self.jobs.tier) AS tier, \(self.jobs.attempt) AS attempt,
                    \(self.jobs.charge) AS charge, \(self.jobs.isHold) AS hold, \(self.jobs.cost) AS cost,
                    \(self.sinceMicroseconds) AS since, \(self.duration) AS duration, \(self.jobs.worker) AS worker,
                    \(self.byLimit { "'\($0.kind.rawValue)'" }) AS limit_kind, \(self.byLimit(\.allowed)) AS limit_ms,
                    \(self.byLimit { ":now - (\($0.begins)) / 1000" }) AS measured_ms, \(self.rule(.rule)) AS rule,
                    \(self.decisions)\(extra)
                FROM \(self.jobs(start))\(self.rulesJoin)\(self.leaseJoin)\(self.left.join)\(self.guardJoin)
                WHERE \(self.isStuck)\(self.isFrom(start))
                ORDER BY \(self.since.sql), \(self.jobs.id) LIMIT :limit
                \(self.locks ? self.dialect.lockingFree("j") : "")
            )\(found == "v" ? "" : self.problems)
            """
    }

    /// The values that decide the outcome, where the current rules need any.
    private var decisions: String {
        let isFinal =
            self.shape.limits.contains(.deadline)
            ? "\(self.byLimit { $0.kind == .deadline ? "1" : "0" }) = 1" : "false"
        let quarantined = "NOT (\(isFinal)) AND coalesce(\(self.jobs.timeouts) + 1 >= \(self.rule(.quarantine)), false)"
        let retried = "NOT (\(isFinal)) AND \(self.jobs.attempt) < \(self.rule(.attempts))"
        let progress =
            self.usesLease ? self.jobs.lease.map { "coalesce(\(self.value($0.progress, of: $0.row)), 0)" } ?? "0" : "0"
        var decisions = ["\(self.isPaid) AS paid"]
        if self.map.isAttached {
            decisions.append("\(self.jobs.isReadable.map { "NOT (\($0))" } ?? "false") AS unreadable")
            decisions.append("\(self.isDisputed) AS disputed")
        }
        if self.shape.quarantines { decisions.append("\(quarantined) AS quarantined") }
        if self.shape.retries {
            decisions.append("\(retried) AS retryable, \(self.rule(.backoff)) AS backoff, \(self.rule(.cap)) AS cap")
        }
        if self.shape.refunds != [.full] {
            decisions.append("\(self.rule(.refund)) AS refund, \(progress) AS progress")
        }
        return decisions.joined(separator: ", ")
    }

    private var leaseJoin: String { self.usesLease ? self.jobs.lease.map { self.join($0.row) } ?? "" : "" }

    /// Whether refunds are recorded, so that a charge is refunded once.
    private var knowsKeys: Bool { self.map.refunds && self.map.hasHistory }

    /// The record of the charge's refund.
    private var refunded: Beside {
        let (job, charge) = (self.jobs.idText, self.jobs.charge)
        let key =
            self.map.isAttached
            ? RefundKey.of(source: "CAST(:origin AS text)", job: job, charge: charge)
            : RefundKey.own(job: job, charge: charge)
        return self.record("t", key)
    }

    /// The record of its refund from before sources existed.
    private var refundedBefore: Beside {
        var row = self.record("o", RefundKey.own(job: self.jobs.idText, charge: self.jobs.charge))
        row.condition += " AND o.source IS NULL AND CAST(:oldKeys AS text) <> 'none'"
        return row
    }

    private func record(_ name: String, _ key: String) -> Beside {
        Beside(
            table: "\(self.map.guardTable) AS \(name)",
            condition: "\(name).user_id = \(self.jobs.user) AND \(name).id = \(key)"
        )
    }

    private var guardJoin: String {
        guard self.knowsKeys else { return "" }
        return self.join(self.refunded) + (self.map.isAttached ? self.join(self.refundedBefore) : "")
    }

    private var isPaid: String {
        guard self.knowsKeys else { return "false" }
        let isPaid = self.isThere(self.refunded, "t.id")
        return self.map.isAttached
            ? "\(isPaid) OR \(self.isThere(self.refundedBefore, "o.id")) AND \(Self.ownsOldKeys)" : isPaid
    }

    /// Whether it is unknown to which source the record of the charge's refund belongs.
    private var isDisputed: String {
        guard self.knowsKeys else { return "false" }
        return
            "NOT \(self.isThere(self.refunded, "t.id")) AND \(self.isThere(self.refundedBefore, "o.id")) AND :oldKeys = 'unknown'"
    }

    /// Whether records from before sources existed belong to this source.
    static let ownsOldKeys = "CAST(:oldKeys AS text) IN ('assumed', 'owned')"

    // MARK: Jobs that cannot be cleaned

    private var movesBalances: Bool { self.map.balances != nil && self.map.refunds }

    /// Whether a job may be set aside: in a team's tables for a row or a balance that cannot be read, in any for a
    /// balance that another transaction has locked.
    private var findsProblems: Bool { self.map.isAttached || self.locks && self.locksBalances }

    private var locksBalances: Bool { self.movesBalances && self.dialect.locksRows }

    /// The relation `v` from `found`, with what prevents a change of each job as `problem`.
    ///
    /// No run waits for a balance, because waiting while it holds other users' balances would block their charges.
    private var problems: String {
        var relations: [String] = []
        var cases: [String] = []
        func add(_ condition: String, _ reason: String) {
            cases.append("WHEN \(condition) THEN \(Self.literal(reason))")
        }
        if self.map.isAttached {
            add("v.unreadable", StuckJob.badTime)
            add("v.disputed AND \(self.owed) > 0", StuckJob.disputedKey)
            add("\(self.owed) < 0", StuckJob.badCost)
        }
        if self.movesBalances, let balances = self.map.balances {
            let locks = self.locks && self.dialect.locksRows
            let row = self.dialect.sharesRelations ? self.relations(balances, locks) : self.subqueries(balances)
            relations += row.relations
            if balances.isRequired { add("\(self.owed) > 0 AND NOT \(row.isKnown)", StuckJob.noBalance) }
            if balances.isUnknown != nil { add("\(self.owed) > 0 AND \(row.isUnknown)", StuckJob.nullBalance) }
            if locks { add("\(self.owed) > 0 AND \(row.isKnown) AND NOT \(row.isHeld)", StuckJob.lockedBalance) }
        }
        // With a limit it is computed, and not inlined.
        relations.append(
            """
            v AS MATERIALIZED (SELECT v.*, CASE \(cases.joined(separator: "\n            ")) END AS problem FROM found AS v
                LIMIT :limit)
            """
        )
        return ",\n    " + relations.joined(separator: ",\n    ")
    }

    /// The checks of the balance of a job's user, and the relations that they need.
    private typealias BalanceRow = (relations: [String], isKnown: String, isUnknown: String, isHeld: String)

    /// The balances are read, and locked in the order of the users, once for all jobs.
    private func relations(_ balances: ResolvedTables.Balances, _ locks: Bool) -> BalanceRow {
        let rows = "owing AS w JOIN \(balances.table) AS b ON \(balances.key) = \(balances.asKey("w.user_id"))"
        let held = """
            held AS MATERIALIZED (SELECT w.user_id FROM \(rows)
                    ORDER BY \(balances.key) \(self.dialect.lockingFree("b")))
            """
        let relations =
            [
                "owing AS MATERIALIZED (SELECT DISTINCT v.user_id FROM found AS v WHERE \(self.owed) > 0)",
                "known AS MATERIALIZED (SELECT w.user_id, \(balances.isUnknown ?? "false") AS is_unknown FROM \(rows))",
            ] + (locks ? [held] : [])
        func isIn(_ relation: String) -> String { "v.user_id IN (SELECT k.user_id FROM \(relation))" }
        return (relations, isIn("known AS k"), isIn("known AS k WHERE k.is_unknown"), isIn("held AS k"))
    }

    /// The balance of each job is looked up by its key: a relation would be computed again at each use.
    private func subqueries(_ balances: ResolvedTables.Balances) -> BalanceRow {
        let row = "SELECT 1 FROM \(balances.table) AS b WHERE \(balances.key) = \(balances.asKey("v.user_id"))"
        return (
            [], "EXISTS (\(row))", "EXISTS (\(row) AND \(balances.isUnknown ?? "false"))",
            "EXISTS (\(row) \(self.dialect.lockingFree("b")))"
        )
    }

    /// A constant of this package as an SQL text.
    static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    // MARK: The outcome of a job

    /// Whether the job returns to the queue; `nil` where none does.
    private var retried: String? {
        guard self.map.outcome == .fail, self.shape.retries else { return nil }
        return self.shape.quarantines ? "v.retryable AND NOT v.quarantined" : "v.retryable"
    }

    /// The refund due for a job, whatever prevents it.
    private var owed: String {
        guard self.map.refunds else { return "CAST(0 AS bigint)" }
        return "CASE \(self.retried.map { "WHEN \($0) THEN 0 " } ?? "")WHEN v.paid THEN 0 ELSE \(self.refund) END"
    }

    private var refund: String {
        guard self.shape.refunds != [.full] else { return "v.cost" }
        return """
            CASE v.refund WHEN 'none' THEN 0 WHEN 'byProgress'
                THEN v.cost - v.cost / 1000000 * v.progress - v.cost % 1000000 * v.progress / 1000000 ELSE v.cost END
            """
    }

    private var amount: String {
        self.findsProblems ? "CASE WHEN v.problem IS NULL THEN \(self.owed) ELSE 0 END" : self.owed
    }

    private var action: String {
        let aside = self.findsProblems ? "WHEN v.problem IS NOT NULL THEN 'ERROR' " : ""
        switch self.map.outcome {
        case .retry: return aside.isEmpty ? "'RETRIED'" : "CASE \(aside)ELSE 'RETRIED' END"
        case .report: return aside.isEmpty ? "'REPORTED'" : "CASE \(aside)ELSE 'REPORTED' END"
        case .fail:
            let retried = self.retried.map { "WHEN \($0) THEN 'RETRIED' " } ?? ""
            let quarantined = self.shape.quarantines ? "WHEN v.quarantined THEN 'QUARANTINED' " : ""
            let refunded = "WHEN \(self.owed) > 0 THEN 'FAILED_AND_REFUNDED' ELSE 'FAILED' END"
            return "CASE \(aside)\(retried)\(quarantined)\(refunded)"
        }
    }

    /// Exponential backoff with equal jitter; see ``/Unstick/Retry``.
    private var retryAt: String {
        guard let retried else { return "CAST(NULL AS bigint)" }
        let doublings = self.dialect.least(self.dialect.greatest("v.attempt - 1", "0"), "\(Retry.mostDoublings)")
        let whole = self.dialect.least("v.cap", "v.backoff << CAST(\(doublings) AS integer)")
        let jitter = self.dialect.perMille("v.job_id", "v.attempt")
        let isRetried = self.findsProblems ? "v.problem IS NULL AND \(retried)" : retried
        return "CASE WHEN \(isRetried) THEN :now + \(whole) - \(whole) / 2 * (\(jitter)) / 1000 END"
    }

    /// The columns of an item that the search fills, in the order of ``outcome``.
    package static let columns = """
        user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action, hold, rule, limit_kind, limit_ms,
            measured_ms, worker, retry_at
        """

    private var outcome: String {
        """
        v.user_id, v.job_id, v.kind, v.tier, v.attempt, v.charge, v.since / \(1000 / self.dialect.itemTicks), v.duration, \(self.amount),
            \(self.action), v.hold, v.rule, v.limit_kind, v.limit_ms, v.measured_ms, v.worker,
            \(self.retryAt)
        """
    }

    /// The columns of an item beyond ``columns`` where jobs may be set aside, and where they have a source.
    private var extras: (columns: String, values: String) {
        guard self.findsProblems else { return ("", "") }
        return (", error, source", ", v.problem, \(self.map.isAttached ? "CAST(:origin AS text)" : "NULL")")
    }

    // MARK: The statements

    /// The next batch as items of the run, after its newest; the rows are locked where the engine locks rows.
    ///
    /// Jobs that are left out because their balance is locked come last, so that the places of the others have no gaps.
    func batch(from start: Start) -> String {
        var search = self
        search.locks = true
        return search.lockedBatch(from: start)
    }

    private func lockedBatch(from start: Start) -> String {
        let extras = self.extras
        let last = self.locksBalances ? "coalesce(v.problem, '') = \(Self.literal(StuckJob.lockedBalance)), " : ""
        let order = self.dialect.keepsOrder ? "" : "ORDER BY \(last)v.since, v.job_key"
        return """
            INSERT INTO unstick.run_items (run_id, position, \(Self.columns)\(extras.columns))
            \(self.victims(from: start))
            SELECT :run, :position + row_number() OVER (\(order)), \(self.outcome)\(extras.values)
            FROM v\(self.dialect.keepsOrder ? "" : " ORDER BY v.since, v.job_key")
            """
    }

    /// The oldest stuck jobs after the cursor, with what a run would do with each.
    package func list(from start: Start) -> String {
        let extra = ", \(self.jobs.startedAt) AS started_at, \(self.jobs.updatedAt) AS updated_at"
        return """
            \(self.victims(from: start, extra: extra))
            SELECT v.job_id, v.user_id, v.kind, v.tier, v.cost, v.attempt, v.started_at, v.updated_at, v.since, v.duration,
                v.rule, v.limit_kind, v.limit_ms, v.measured_ms, v.worker, \(self.amount) AS amount,
                \(self.action) AS action,
                \(self.findsProblems ? "v.problem" : "NULL") AS problem
            FROM v ORDER BY v.since, v.job_key
            """
    }

    /// How many are stuck, and the refund due for the first `:limit` of them.
    package var tally: String {
        """
        \(self.victims(from: .oldest))
        SELECT (SELECT count(*) \(self.fromStuck)) AS jobs,
            (SELECT CAST(coalesce(sum(\(self.amount)), 0) AS bigint) FROM v) AS tokens
        """
    }

    /// How many are stuck of each kind, and since when.
    package var byKind: String {
        """
        \(self.rules.map { "WITH \($0)" } ?? "")
        SELECT \(self.jobs.kind) AS kind, count(*) AS jobs, min(\(self.sinceMicroseconds)) / 1000 AS since
        \(self.fromStuck) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
        """
    }

    // MARK: Groups and holds

    /// Whether the attempt was approved: it is not counted again.
    private var isJudged: String { self.shape.leavesHeld ? " AND NOT \(self.isApproved)" : "" }

    /// The jobs of the phase by kind and worker, with their last heartbeat or start.
    package var byWorker: String {
        let since = "(\(self.sinceMicroseconds)) / 1000"
        let beat = self.jobs.lease.map { "coalesce(\(self.value($0.beatAt, of: $0.row)), 0)" }
        let lease = self.jobs.lease.map { self.join($0.row) } ?? ""
        return """
            SELECT \(self.jobs.kind) AS kind, \(self.jobs.worker) AS worker, count(*) AS jobs, max(\(since)) AS started_at,
                max(\(beat.map { self.dialect.greatest(since, $0) } ?? since)) AS sign_at
            FROM \(self.jobs.table) AS j\(lease)\(self.left.join)
            WHERE \(self.isOfPhase)\(self.left.condition)\(self.isJudged) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT :limit
            """
    }

    /// The stuck ones among them, and when the last of them passed its limit.
    package var stuckByWorker: String {
        let passedAt = self.byLimit { "(\($0.begins)) / 1000 + \($0.allowed)" }
        return """
            \(self.rules.map { "WITH \($0)" } ?? "")
            SELECT \(self.jobs.kind) AS kind, \(self.jobs.worker) AS worker, count(*) AS jobs, max(\(passedAt)) AS passed_at
            \(self.fromStuck)\(self.isJudged) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT :limit
            """
    }

    /// All stuck jobs; for an end with further conditions.
    private var fromStuck: String {
        """
        FROM \(self.jobs.table) AS j\(self.rulesJoin)\(self.leaseJoin)\(self.left.join)
            WHERE \(self.isStuck)
        """
    }

    /// Adds the stuck jobs of a selection to the hold `:hold`; those of an approval stay out.
    ///
    /// Parameters: `:names`, the kind or the workers of the selection, as rows.
    package func hold(_ selection: NewHold.Selection, isApproved: Bool = false) -> String {
        let names = "(SELECT w.id FROM (\(self.dialect.rows(of: ":names", [(name: "id", isText: true)]))) AS w)"
        let isSelected =
            switch selection {
            case .all: ""
            case .kind: " AND \(self.jobs.kind) IN \(names)"
            case .workers: " AND \(self.jobs.worker) IN \(names)"
            }
        let until = isApproved ? "CAST(:now AS bigint) + \(Hold.approvalLasts.inMilliseconds)" : "CAST(NULL AS bigint)"
        return """
            INSERT INTO unstick.held_jobs
                (user_id, job_id, attempt, source, hold_id, kind, tier, cost, worker, since, approved_until)
            \(self.rules.map { "WITH \($0)" } ?? "")
            SELECT \(self.jobs.user), \(self.jobs.idText), \(self.jobs.attempt), \(self.source), :hold, \(self.jobs.kind),
                \(self.jobs.tier), \(self.dialect.greatest(self.jobs.cost, "0")), \(self.jobs.worker),
                (\(self.sinceMicroseconds)) / 1000, \(until)
            \(self.fromStuck)\(self.isJudged)\(isSelected)
            ON CONFLICT (user_id, job_id, attempt, source) DO UPDATE SET hold_id = excluded.hold_id,
                approved_until = excluded.approved_until
            """
    }

    /// When the next job reaches a limit, in milliseconds, after `:after`; no row where no job will.
    ///
    /// With one timeout for all jobs it reads one row of the index; otherwise all jobs of the phase.
    package var nextDue: String {
        let readable = self.jobs.isReadable.map { " AND \($0)" } ?? ""
        guard !self.isByRangeOnly else {
            let allowed = self.rule(.timeout)
            let from = self.since.clock.value(microseconds: "(:after - \(allowed)) * 1000")
            let upTo = self.since.clock.range.map { " AND \(self.since.sql) <= \($0.last)" } ?? ""
            return """
                SELECT (\(self.sinceMicroseconds)) / 1000 + \(allowed) AS due FROM \(self.jobs.table) AS j\(self.left.join)
                WHERE \(self.isOfPhase) AND \(self.since.sql) > \(from)\(upTo)\(self.left.condition)
                ORDER BY \(self.since.sql), \(self.jobs.id) LIMIT 1
                """
        }
        let ends = self.limits.map { limit in
            """
            SELECT (\(limit.begins)) / 1000 + \(limit.allowed) AS due
            FROM \(self.jobs.table) AS j\(self.rulesJoin)\(self.leaseJoin)\(self.left.join)
            WHERE \(self.isOfPhase)\(readable)\(self.left.condition)
            """
        }
        return """
            \(self.rules.map { "WITH \($0)" } ?? "")
            SELECT w.due AS due FROM (\(ends.joined(separator: "\nUNION ALL\n"))) AS w WHERE w.due > :after ORDER BY w.due LIMIT 1
            """
    }

    /// The search alone, to check its plan.
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
            FROM \(self.jobs.table) AS j\(self.left.join)
            WHERE \(self.isOfPhase) AND \(self.isBefore(oldest))\(self.left.condition)
            GROUP BY 2, 3
            """
    }

    /// The jobs of this phase whose age is unknown: no limit of a rule applies to them.
    package var unreadable: String? {
        guard let range = self.since.clock.range else { return nil }
        func part(_ condition: String) -> String {
            """
            SELECT \(self.jobs.idText) AS job_id, \(self.jobs.user) AS user_id, \(self.jobs.kind) AS kind,
                \(self.jobs.tier) AS tier, \(self.jobs.cost) AS cost, \(self.jobs.attempt) AS attempt
            FROM \(self.jobs.table) AS j WHERE \(self.isOfPhase) AND \(condition)
            """
        }
        return part("\(self.since.sql) < \(range.first)") + "\nUNION ALL\n" + part("\(self.since.sql) > \(range.last)")
    }
}
