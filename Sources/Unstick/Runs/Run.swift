/// The record of one run.
///
/// Each run leaves one, also an empty run, a dry run and a failed run.
public struct Run: Hashable, Sendable, Identifiable {
    /// How the run ended.
    public enum Status: String, Sendable, Codable {
        /// It is in progress, or its process died; see ``Run/updatedAt``.
        case running = "RUNNING"
        /// It succeeded.
        case completed = "COMPLETED"
        /// It could not continue; ``Run/error`` says why. Batches that were committed before stay committed.
        case failed = "FAILED"
        /// The guard held it: too many jobs looked stuck at once. Nothing was changed.
        case held = "HELD"
    }

    /// How long a run may make no progress before it counts as interrupted.
    package static let silence = Duration.seconds(120)

    /// The run's id; ids sort by time.
    public var id: String
    /// Who or what started it.
    public var trigger: RunTrigger
    /// How it ended.
    public var status: Status
    /// Whether it was a dry run.
    public var dryRun: Bool
    /// The requested limit for the age of an attempt, or the policy's standard one; `nil` where that has none.
    public var timeout: Duration?
    /// The largest batch.
    public var batchSize: Int
    /// Jobs that were found stuck.
    public var totalFound: Int
    /// Jobs that were failed; 0 in a dry run.
    public var cleanedUp: Int
    /// Jobs that returned to the queue; in a dry run, that would.
    public var retried: Int
    /// Jobs that could not be cleaned.
    public var failed: Int
    /// Tokens refunded; 0 in a dry run.
    public var tokensRefunded: Int
    /// Tokens that a real run would have refunded; only in a dry run.
    public var tokensOwed: Int
    /// Jobs that were reported and not changed; only where a mapping does not allow changes to a foreign queue's rows.
    public var reported: Int {
        self.dryRun ? 0 : max(self.totalFound - self.failed - self.cleanedUp - self.retried, 0)
    }
    /// Whether stuck jobs were left for the next run.
    public var more: Bool
    /// Why it failed or was held.
    public var error: String?
    /// When it started.
    public var startedAt: Timestamp
    /// When it last made progress.
    public var updatedAt: Timestamp
    /// How long it took; `nil` while it runs.
    public var duration: Duration?
    /// The kinds of jobs that it took; none for all.
    public var kinds: [String]

    /// Makes a run that starts now.
    package init(id: String, trigger: RunTrigger, options: CleanupOptions, timeout: Duration?, startedAt: Timestamp) {
        self.init(
            id: id,
            trigger: trigger,
            status: .running,
            dryRun: options.dryRun,
            timeout: timeout,
            batchSize: options.firstBatchSize,
            startedAt: startedAt,
            updatedAt: startedAt,
            kinds: options.kinds
        )
    }

    /// Makes a run from its stored fields.
    public init(
        id: String,
        trigger: RunTrigger,
        status: Status,
        dryRun: Bool,
        timeout: Duration?,
        batchSize: Int,
        totalFound: Int = 0,
        cleanedUp: Int = 0,
        retried: Int = 0,
        failed: Int = 0,
        tokensRefunded: Int = 0,
        tokensOwed: Int = 0,
        more: Bool = false,
        error: String? = nil,
        startedAt: Timestamp,
        updatedAt: Timestamp,
        duration: Duration? = nil,
        kinds: [String] = []
    ) {
        self.id = id
        self.trigger = trigger
        self.status = status
        self.dryRun = dryRun
        self.timeout = timeout
        self.batchSize = batchSize
        self.totalFound = totalFound
        self.cleanedUp = cleanedUp
        self.retried = retried
        self.failed = failed
        self.tokensRefunded = tokensRefunded
        self.tokensOwed = tokensOwed
        self.more = more
        self.error = error
        self.startedAt = startedAt
        self.updatedAt = updatedAt
        self.duration = duration
        self.kinds = kinds
    }
}

/// Who or what started a run.
public struct RunTrigger: Hashable, Sendable, CustomStringConvertible {
    /// As it is stored and shown: `cron`, `admin:<name>`, `cli`, `scheduler`, `due`, `library`.
    public let description: String

    private init(_ description: String) {
        self.description = description
    }

    /// The cron endpoint was called.
    public static let cron = RunTrigger("cron")
    /// The command line.
    public static let cli = RunTrigger("cli")
    /// The server's own schedule.
    public static let scheduler = RunTrigger("scheduler")
    /// A job reached its limit.
    public static let due = RunTrigger("due")
    /// A call from Swift code.
    public static let library = RunTrigger("library")
    /// An admin's call, with the name of the API key.
    public static func admin(_ name: String) -> RunTrigger { RunTrigger("admin:\(name)") }

    /// Reads the stored form.
    package init(stored: String) {
        self.init(stored)
    }

    /// The trigger without a name: bounded, so it can be a metric label.
    package var label: String {
        String(self.description.prefix { $0 != ":" })
    }
}
