package import Unstick

/// Where the jobs are that a run works on, and how their rows are read and written.
///
/// Unstick's own tables are the default; a team's existing tables are another one. Every text here is SQL, made from
/// constants or from a mapping whose names were checked against the catalogue and quoted. The job's row is called `j`, the
/// batch's item `i`.
package struct ResolvedTables: Sendable {
    /// The jobs.
    package struct Jobs: Sendable {
        /// The table, with its schema.
        package var table: String
        /// The id as the table has it, for order and index.
        package var id: String
        /// The id as text.
        package var idText: String
        /// A text as the table's type of id.
        package var asID: @Sendable (String) -> String
        /// The user as text, never NULL.
        package var user: String
        package var kind: String
        package var tier: String
        /// What was charged; below 0 where it cannot be refunded as it is.
        package var cost: String
        package var attempt: String
        package var charge: String
        /// Whether the job is running.
        package var isProcessing: String
        /// Whether every moment of the row can be read; `nil` where they are Unstick's own.
        package var isReadable: String?
        /// The moment from which its age counts, as the table keeps it: the index is on this very expression.
        package var since: String
        /// How the table keeps that moment.
        package var clock: TimeKind
        /// When the attempt started and the row last changed, in milliseconds.
        package var startedAt: String
        package var updatedAt: String
        /// Which row an item means.
        package var isItem: String
        /// Whether the job waits in the queue; `nil` where nothing tells.
        package var isPending: String?
        /// When the job was created, as the table keeps it; `nil` where nothing tells.
        package var created: (sql: String, clock: TimeKind)?
        /// From when on a waiting job may be claimed, in milliseconds; `nil` for its creation.
        package var available: String?
        /// What the worker calls itself.
        package var worker = "CAST(NULL AS text)"
        /// How often the job timed out.
        package var timeouts = "CAST(0 AS bigint)"
        /// Whether its tokens are only set aside.
        package var isHold = "false"
        /// Whether ``since`` is the last heartbeat.
        package var knowsHeartbeats = false
        /// Whether the job was completed, and when it ended, in milliseconds; `nil` where nothing tells.
        package var isCompleted: String?
        package var completedAt: String?
        /// Whether the job failed because it took too long.
        package var timedOut = "false"
        /// Where heartbeats are kept, apart from the job.
        package var lease: Lease?

        /// The last heartbeat of an attempt, in a table of its own.
        package struct Lease: Sendable {
            package var join: String
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
        /// It goes back to the queue; its charge stays.
        case retry
        /// It stays as it is, and is reported once for each attempt.
        case report
    }

    /// How the charge comes back.
    package enum Compensation: Sendable {
        /// By Unstick's own ledger.
        case ledger
        /// By statements that move balances of the team's own, after ``ResolvedTables/guardTable`` has its row.
        case balances(credit: String, ledger: String?)
        /// By an event that the team's own billing answers.
        case webhook
        /// Not at all: jobs here are not paid for one by one.
        case none
    }

    /// The rows that hold the users' balances, called `b`.
    package struct Balances: Sendable {
        package var table: String
        /// The user, as the table has it.
        package var key: String
        /// A user's id as the type of ``key``; NULL where it cannot be one.
        package var asKey: @Sendable (String) -> String
        /// The balance of a row.
        package var balance: String
        /// Whether a row's balance says nothing; `nil` where that cannot be, or counts as 0.
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
    /// Where a refund goes, if it goes to a row that can be locked.
    package var balances: Balances?
    /// What is written to running jobs; the last one answers with a row for each job.
    package var writes: [String]
    /// What is written to waiting jobs; `nil` where they cannot be changed.
    package var pendingWrites: [String]?
    /// What is written instead where every job of the batch fails, if that takes less.
    package var failures: [StuckPhase: [String]] = [:]
    /// Which jobs of a batch are as they were written, for each phase; where nothing tells, they only are what they were.
    package var isAsWritten: [StuckPhase: String] = [:]
    package var compensation: Compensation
    /// Where the tables' own functions and triggers find what they name; `nil` where they have none.
    package var searchPath: String?
    /// Whether Unstick's own tables, which record what was refunded and reported, are there.
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

    /// What is written to the jobs of a phase.
    ///
    /// - Parameter fails: whether every job of the batch fails.
    package func writes(in phase: StuckPhase, fails: Bool) -> [String] {
        if fails, let failures = self.failures[phase] { return failures }
        return phase == .processing ? self.writes : self.pendingWrites ?? []
    }

    /// The table whose key makes a second refund of the same charge impossible.
    package var guardTable: String {
        guard case .ledger = self.compensation else { return "unstick.refunds" }
        return "unstick.token_transactions"
    }

    /// A team's own tables, whose run items and refunds name their source; `nil` for Unstick's own.
    package var attachment: Attachment?

    /// Whether the tables are a team's own.
    package var isAttached: Bool { self.attachment != nil }

    /// Whether a refund is owed by what happens to the jobs.
    package var refunds: Bool {
        if case .none = self.compensation { return false }
        return self.outcome != .retry
    }

    /// Which run items are the batch in hand: those that are not set aside.
    package static let inBatch = "i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'"
}
