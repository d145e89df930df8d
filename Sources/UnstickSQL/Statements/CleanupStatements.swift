import Unstick

/// The statements of one batch of a run: a constant number for a batch of any size, over any tables.
///
/// The batch is its run items. The oldest stuck jobs become items, locked with their users' balances where the engine
/// locks rows; the jobs of the items are changed; each user's sum is added to the balance, in the order of the users;
/// the ledger receives its lines with the running balance; the subscribers receive their deliveries. Parameters have
/// names: those of ``StuckSearch`` and `:run :position :source :message :trace`.
package struct CleanupStatements: Sendable {
    private let map: ResolvedTables

    package init(map: ResolvedTables) {
        self.map = map
    }

    /// One statement of a batch, with the expected result.
    package struct Step: Sendable {
        package let sql: String
        package let expects: Expectation

        init(_ sql: String, _ expects: Expectation = .anything) {
            self.sql = sql
            self.expects = expects
        }
    }

    /// The expected result of a step; with any other result the batch is rolled back.
    package enum Expectation: Sendable {
        case anything
        /// The items of the batch.
        case items
        /// One row for each job that is not set aside.
        case jobs
        /// One row for each refunded user.
        case users
        /// One row for each refund.
        case refunds
        /// No row: each row is a job that is not as it was written.
        case nothing
        /// The balances of the refunded users, before and after the refunds.
        case balancesBefore
        case balancesAfter
    }

    /// The steps of a batch, in order.
    ///
    /// Balances are locked when the batch is taken, and changed after the jobs.
    package func steps(_ shape: StuckSearch.Shape, from start: StuckSearch.Start) -> [Step] {
        var steps = [Step(self.takeBatch(shape, from: start)), Step(RunStatements.batch, .items)]
        steps += Self.steps(self.map.writes(in: shape.phase, fails: shape.fails), last: .jobs)
        steps.append(Step(self.deliverItems))
        if let refundedBalances { steps.append(Step(refundedBalances, .balancesBefore)) }
        steps += Self.steps(self.credits, last: self.asksForRefunds ? .anything : .users)
        if let bookRefunds { steps.append(Step(bookRefunds, .refunds)) }
        if let fireTriggers { steps.append(Step(fireTriggers)) }
        if let unchanged = self.unchangedJob(shape.phase) { steps.append(Step(unchanged, .nothing)) }
        if let refundedBalances { steps.append(Step(refundedBalances, .balancesAfter)) }
        return steps
    }

    private static func steps(_ statements: [String], last: Expectation) -> [Step] {
        statements.dropLast().map { Step($0) } + statements.suffix(1).map { Step($0, last) }
    }

    /// The batch becomes the run's newest items.
    ///
    /// The users' balances are locked with the jobs: which jobs are left out, and why, is decided before anything is
    /// changed.
    private func takeBatch(_ shape: StuckSearch.Shape, from start: StuckSearch.Start) -> String {
        StuckSearch(map: self.map, shape: shape).batch(from: start)
    }

    /// Jobs that were left out because another transaction has locked their balance leave no item yet: they are tried
    /// once more.
    package static let forgetLocked = """
        DELETE FROM unstick.run_items WHERE run_id = :run AND position > :position
            AND error = \(StuckSearch.literal(StuckJob.lockedBalance))
        """

    /// Deferred triggers fire now, under the search path of their tables, so that their effect is checked.
    private var fireTriggers: String? { self.map.isAttached ? self.map.dialect.firesTriggers : nil }

    /// A job of the batch that does not have its new values, because something replaced the status.
    private func unchangedJob(_ phase: StuckPhase) -> String? {
        guard self.map.outcome != .report else { return nil }
        let isOfPhase = phase == .processing ? self.map.jobs.isProcessing : self.map.jobs.isPending ?? "false"
        let isCompleted = self.map.jobs.isCompleted.map { " OR (\($0))" } ?? ""
        let isOther = self.map.isAsWritten[phase].map { " OR NOT coalesce(\($0), false)" } ?? ""
        let mayBeRewritten = self.map.isAttached ? "true" : self.map.dialect.mayRewrite(self.map.jobs.table)
        return """
            SELECT i.job_id AS job_id FROM unstick.run_items AS i JOIN \(self.map.jobs.table) AS j ON \(self.map.jobs.isItem)
            WHERE \(mayBeRewritten) AND \(ResolvedTables.inBatch) AND ((\(isOfPhase))\(isCompleted)\(isOther)) LIMIT 1
            """
    }

    /// Each user's sum, in the order of the users, so that two runs cannot deadlock.
    ///
    /// For a team's own balances, the guard's rows come first; the last statement changes a row for each user.
    private var credits: [String] {
        guard self.map.refunds else { return [] }
        switch self.map.compensation {
        case .none: return []
        case .webhook: return [self.rememberRefunds]
        case .balances(let credit, _): return [self.rememberRefunds, credit]
        case .ledger: return [Self.creditBalances]
        }
    }

    /// `sequence` comes last: some databases assign from left to right.
    private static let creditBalances = """
        INSERT INTO unstick.balances (user_id, balance, sequence, updated_at, refunded, refunds, last_refund, counted)
        SELECT i.user_id, sum(i.amount), count(*), CAST(:now AS bigint), sum(i.amount), count(*), count(*), count(*)
        FROM unstick.run_items AS i
        WHERE \(isPaid)
        GROUP BY i.user_id ORDER BY i.user_id
        ON CONFLICT (user_id) DO UPDATE SET balance = unstick.balances.balance + excluded.balance,
            updated_at = excluded.updated_at, refunded = unstick.balances.refunded + excluded.refunded,
            refunds = unstick.balances.refunds + excluded.refunds,
            last_refund = unstick.balances.sequence + excluded.last_refund,
            counted = unstick.balances.counted + excluded.counted,
            sequence = unstick.balances.sequence + excluded.sequence
        """

    /// The balances of the batch's users, read before and after: a refund is the difference.
    ///
    /// `nil` for Unstick's own balances, or where none change.
    private var refundedBalances: String? {
        guard self.map.refunds, case .balances = self.map.compensation, let balances = self.map.balances else {
            return nil
        }
        return """
            SELECT w.user_id AS user_id, w.total AS total, \(balances.balance) AS balance
            FROM (SELECT i.user_id, sum(i.amount) AS total FROM unstick.run_items AS i WHERE \(Self.isPaid)
                GROUP BY i.user_id) AS w
            JOIN \(balances.table) AS b ON \(balances.key) = \(balances.asKey("w.user_id"))
            """
    }

    /// The items of the batch that refund something.
    package static let isPaid = "\(ResolvedTables.inBatch) AND i.amount > 0"

    /// The key of an item's refund, for a team's own ledger.
    package static let refundKey = RefundKey.ofItem

    private var rememberRefunds: String {
        """
        INSERT INTO unstick.refunds (user_id, id, job_id, source, amount, run_id, created_at, asked_at)
        SELECT i.user_id, \(RefundKey.ofItem), i.job_id, i.source, i.amount, i.run_id, :now,
            \(self.asksForRefunds ? ":now" : "CAST(NULL AS bigint)")
        FROM unstick.run_items AS i WHERE \(Self.isPaid) ORDER BY i.user_id, i.job_id
        """
    }

    /// The ledger's lines, after the balances; it inserts a row for each refund.
    ///
    /// Their key prevents a second refund of the same charge.
    private var bookRefunds: String? {
        guard self.map.refunds else { return nil }
        switch self.map.compensation {
        case .none, .webhook: return nil
        case .balances(_, let ledger): return ledger
        case .ledger:
            return """
                INSERT INTO unstick.token_transactions
                    (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
                SELECT i.user_id, b.sequence + 1 - count(*) OVER from_last,
                    \(RefundKey.own(job: "i.job_id", charge: "i.charge")), i.amount,
                    CASE WHEN i.hold THEN 'RELEASE' ELSE 'REFUND' END, :source, i.job_id,
                    \(Self.balanceAfter("b.balance")), \(Self.metadata(self.map.dialect)), :now
                FROM unstick.run_items AS i JOIN unstick.balances AS b ON b.user_id = i.user_id
                WHERE \(Self.isPaid)
                \(Self.fromLast)
                """
        }
    }

    /// The balance after an item's refund.
    ///
    /// The user's balance already has all of them, so later refunds are subtracted.
    package static func balanceAfter(_ balance: String) -> String {
        "\(balance) + i.amount - sum(i.amount) OVER from_last"
    }

    /// The refunds of a user, the last one first.
    package static let fromLast = """
        WINDOW from_last AS (PARTITION BY i.user_id ORDER BY i.position DESC ROWS UNBOUNDED PRECEDING)
        """

    /// The reason of the refund, as JSON.
    package static func metadata(_ dialect: any SQLDialect) -> String {
        dialect.object([
            ("runId", "i.run_id"),
            ("reason", "'Job timeout cleanup - stuck for ' || ((i.duration + 500) / 1000) || 's'"),
        ])
    }

    /// The webhook deliveries for the batch.
    private var deliverItems: String {
        EventStatements.deliverItems(
            self.map.dialect,
            refunds: self.asksForRefunds ? .tokensRefundDue : .tokensRefunded
        )
    }

    /// Whether a team's own billing makes the refunds.
    private var asksForRefunds: Bool {
        if case .webhook = self.map.compensation { true } else { false }
    }
}
