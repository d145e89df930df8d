public import Logging
import Tracing

/// Finds stuck jobs, fails or retries them, and refunds their users.
///
/// ```swift
/// let cleaner = Cleaner(store: store)
/// let result = try await cleaner.cleanupStuckJobs(CleanupOptions(timeout: .seconds(600)))
/// print(result.message)
/// ```
///
/// Safe to call from several tasks and several processes over one database: each job is failed once and each charge is
/// refunded once.
public struct Cleaner: Sendable {
    let store: any CleanupStore
    private let policy: PolicySource
    private let logger: Logger

    /// Makes a cleaner over a store; without a policy it uses the standard one.
    public init(
        store: any CleanupStore,
        policy: PolicySource = PolicySource(),
        logger: Logger = Logger(label: "unstick.cleanup")
    ) {
        self.store = store
        self.policy = policy
        self.logger = logger
    }

    /// The jobs that a run would take now, oldest first.
    ///
    /// Changes nothing and leaves no record.
    ///
    /// - Parameters:
    ///   - timeout: the age at which an attempt is stuck, in place of the policy's timeouts.
    ///   - limit: the most jobs to list, 1 to 10,000.
    /// - Throws: ``UnstickError`` `invalidArgument`, `databaseUnavailable`.
    public func findStuckJobs(timeout: Duration? = nil, limit: Int = 100) async throws -> [StuckJob] {
        try await self.stuckReport(timeout: timeout, limit: limit).jobs
    }

    /// Whether cleaning is paused.
    var isPaused: Bool { get async throws { try await self.store.candidates([:]).pause != nil } }

    /// When the next job reaches a limit, after `earlier`; `nil` where none will.
    package func nextDue(after earlier: Timestamp) async throws -> Timestamp? {
        try await self.store.nextDue(self.policy.current, after: earlier)
    }

    /// Looks in a team's own tables for proof that earlier runs were wrong, before a run ends further jobs.
    package func findLateCompletions() async {
        do {
            for late in try await self.store.findLateCompletions() { JobMetrics.completedLate(late) }
        } catch {
            self.logger.error(
                "The search for jobs that were completed after a run had failed them failed; the next run searches again",
                metadata: ["reason": "\(error)"]
            )
        }
    }

    /// The rules for the jobs that are old enough to be stuck now.
    func ruleMatches() async throws -> (now: Timestamp, [RuleMatches]) {
        let policy = self.policy(timeout: nil)
        let candidates = try await self.store.candidates(policy.smallestLimits)
        return (candidates.now, policy.ruleMatches(of: candidates).map(\.ruleMatches))
    }

    /// The policy in force, with another timeout where one is requested.
    func policy(timeout: Duration?) -> Policy {
        timeout.map { self.policy.current.with(timeout: $0) } ?? self.policy.current
    }

    /// One run over the stuck jobs.
    ///
    /// Every run leaves a run record. When the task is cancelled, the current batch finishes and the result has `more`.
    ///
    /// - Parameters:
    ///   - options: the options of the run.
    ///   - trigger: who or what started it, for the record.
    ///   - progress: called after each batch; throwing from it ends the run as failed.
    /// - Throws: ``UnstickError`` `invalidArgument` before anything is done, or `databaseUnavailable` and similar codes
    ///   when the run cannot continue. Batches that were committed before stay committed.
    @discardableResult
    public func cleanupStuckJobs(
        _ options: CleanupOptions = CleanupOptions(),
        trigger: RunTrigger = .library,
        progress: (CleanupProgress) async throws -> Void = { _ in }
    ) async throws -> CleanupResult {
        try options.validate()
        try self.store.check(self.policy.current)
        var pass = CleanupRun(
            store: self.store,
            policy: self.policy(timeout: options.timeout),
            options: options,
            trigger: trigger,
            logger: self.logger
        )
        return try await withSpan("unstick.cleanup") { span in
            span.attributes["unstick.trigger"] = trigger.label
            let result = try await pass.execute(progress: progress)
            span.attributes["unstick.run_id"] = result.runID
            span.attributes["unstick.jobs"] = result.totalFound
            return result
        }
    }
}

/// The progress of a run.
public struct CleanupProgress: Hashable, Sendable {
    /// The stored record of the run.
    public var runID: String
    /// Jobs handled so far.
    public var done: Int
    /// Jobs that were stuck when the run began.
    public var total: Int
    /// Tokens refunded so far; 0 in a dry run.
    public var tokensRefunded: Int
    /// Tokens that a real run would have refunded so far; only in a dry run.
    public var tokensOwed: Int
}
