package import Unstick

/// The tables of a run's jobs, and how their rows are read and written.
///
/// Unstick's own tables are the default; a team's existing tables are the alternative. Every text here is SQL, made
/// from constants or from a mapping whose names were checked against the catalogue and quoted. The job's row has the
/// alias `j`, the batch's item `i`.
package struct ResolvedTables: Sendable {
    /// A row of another table that a job may have.
    package struct Beside: Sendable {
        /// The table with its alias.
        var table: String
        var condition: String
    }

    /// The jobs.
    package struct Jobs: Sendable {
        /// The table, with its schema.
        package var table: String
        /// The id as the table stores it, for order and index.
        package var id: String
        /// The id as text.
        package var idText: String
        /// A text as the table's type of id.
        package var asID: @Sendable (String) -> String
        /// The user as text, never NULL.
        package var user: String
        package var kind: String
        package var tier: String
        /// The charge; below 0 where it cannot be refunded.
        package var cost: String
        package var attempt: String
        package var charge: String
        /// Whether the job is running.
        package var isProcessing: String
        /// Whether every time in the row is readable; `nil` for Unstick's own tables.
        package var isReadable: String?
        /// The time from which its age counts, as the table stores it: the index is on this exact expression.
        package var since: String
        /// How the table stores that time.
        package var clock: TimeKind
        /// When the attempt started and the row last changed, in milliseconds.
        package var startedAt: String
        package var updatedAt: String
        /// The condition that matches an item to its row.
        package var isItem: String
        /// Whether the job waits in the queue; `nil` where that is unknown.
        package var isPending: String?
        /// The index of each phase's search, and the one of ids, where their names are known.
        package var indexes: [StuckPhase: String] = [:]
        package var key: String?
        /// When the job was created, as the table stores it; `nil` where that is unknown.
        package var created: (sql: String, clock: TimeKind)?
        /// The time from which a waiting job may be claimed, in milliseconds; `nil` for its creation.
        package var available: String?
        /// The name of the worker.
        package var worker = "CAST(NULL AS text)"
        /// How many attempts of the job timed out.
        package var timeouts = "CAST(0 AS bigint)"
        /// Whether its tokens are only reserved.
        package var isHold = "false"
        /// Whether ``since`` is the last heartbeat.
        package var knowsHeartbeats = false
        /// Whether the job was completed, and when it ended, in milliseconds; `nil` where that is unknown.
        package var isCompleted: String?
        package var completedAt: String?
        /// Whether the job failed because of a timeout.
        package var timedOut = "false"
        /// The heartbeats, where they are stored apart from the job.
        package var lease: Lease?
        /// The limits whose time is from the database's clock; a job over another limit is checked twice.
        package var exactLimits = Set(LimitKind.allCases)
        /// The mapped times, to compare them with the clock; none for Unstick's own tables.
        package var times: [MappedTime] = []
        /// About how many rows the table had when the mapping was compiled.
        package var rows = 0

        /// The last heartbeat of an attempt, in a table of its own.
        package struct Lease: Sendable {
            var row: Beside
            /// In milliseconds.
            package var beatAt: String
            /// In millionths.
            package var progress: String
        }

        package init(
            table: String,
            id: String,
            idText: String,
            asID: @escaping @Sendable (String) -> String,
            user: String,
            kind: String,
            tier: String,
            cost: String,
            attempt: String,
            charge: String,
            isProcessing: String,
            since: String,
            clock: TimeKind,
            startedAt: String,
            updatedAt: String,
            isItem: String
        ) {
            self.table = table
            self.id = id
            self.idText = idText
            self.asID = asID
            self.user = user
            self.kind = kind
            self.tier = tier
            self.cost = cost
            self.attempt = attempt
            self.charge = charge
            self.isProcessing = isProcessing
            self.since = since
            self.clock = clock
            self.startedAt = startedAt
            self.updatedAt = updatedAt
            self.isItem = isItem
        }
    }

    /// What happens to the row of a stuck job.
    package enum Outcome: Sendable {
        /// It fails.
        case fail
        /// It returns to the queue; its charge stays.
        case retry
        /// It does not change, and is reported once for each attempt.
        case report
    }

    /// How the charge is refunded.
    package enum Compensation: Sendable {
        /// In Unstick's own ledger.
        case ledger
        /// By statements that change the team's own balances, after ``ResolvedTables/guardTable`` has its row.
        case balances(credit: String, ledger: String?)
        /// By an event for the team's own billing.
        case webhook
        /// Not at all: these jobs have no charge of their own.
        case none
    }

    /// The rows with the users' balances, with the alias `b`.
    package struct Balances: Sendable {
        package var table: String
        /// The user, as the table stores it.
        package var key: String
        /// A user's id as the type of ``key``; NULL where it cannot be one.
        package var asKey: @Sendable (String) -> String
        /// The balance of a row.
        package var balance: String
        /// Whether a row's balance is unknown; `nil` where that cannot be, or counts as 0.
        package var isUnknown: String?
        /// Whether a user without a row cannot be refunded.
        package var isRequired: Bool

        package init(
            table: String,
            key: String,
            asKey: @escaping @Sendable (String) -> String,
            balance: String,
            isUnknown: String?,
            isRequired: Bool
        ) {
            self.table = table
            self.key = key
            self.asKey = asKey
            self.balance = balance
            self.isUnknown = isUnknown
            self.isRequired = isRequired
        }
    }

    package var dialect: any SQLDialect
    package var jobs: Jobs
    package var outcome: Outcome
    /// The row of a refund, if it can be locked.
    package var balances: Balances?
    /// The statements for running jobs; the last one returns a row for each job.
    package var writes: [String]
    /// The statements for waiting jobs; `nil` where they cannot be changed.
    package var pendingWrites: [String]?
    /// Shorter statements where every job of the batch fails, if there are any.
    package var failures: [StuckPhase: [String]] = [:]
    /// Which jobs of a batch are as they were written, for each phase; without a condition, those that kept their old
    /// values fail the check.
    package var isAsWritten: [StuckPhase: String] = [:]
    package var compensation: Compensation
    /// The search path of the tables' own functions and triggers; `nil` where they have none.
    package var searchPath: String?
    /// Whether Unstick's own tables, which record refunds and reports, exist.
    package var hasHistory = true

    package init(
        dialect: any SQLDialect,
        jobs: Jobs,
        outcome: Outcome,
        writes: [String],
        pendingWrites: [String]?,
        compensation: Compensation,
        searchPath: String? = nil
    ) {
        self.dialect = dialect
        self.jobs = jobs
        self.outcome = outcome
        self.writes = writes
        self.pendingWrites = pendingWrites
        self.compensation = compensation
        self.searchPath = searchPath
    }

    /// The statements for the jobs of a phase.
    ///
    /// - Parameter fails: whether every job of the batch fails.
    package func writes(in phase: StuckPhase, fails: Bool) -> [String] {
        if fails, let failures = self.failures[phase] { return failures }
        return phase == .processing ? self.writes : self.pendingWrites ?? []
    }

    /// The table whose key prevents a second refund of the same charge.
    package var guardTable: String {
        guard case .ledger = self.compensation else { return "unstick.refunds" }
        return "unstick.token_transactions"
    }

    /// A team's own tables, whose run items and refunds name their source; `nil` for Unstick's own.
    package var attachment: Attachment?

    /// Whether the tables are a team's own.
    package var isAttached: Bool { self.attachment != nil }

    /// Whether a change to the jobs means a refund.
    package var refunds: Bool {
        if case .none = self.compensation { return false }
        return self.outcome != .retry
    }

    /// The items of the current batch: those that are not set aside.
    package static let inBatch = "i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'"
}
