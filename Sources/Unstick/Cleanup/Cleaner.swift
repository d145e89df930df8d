public import Logging
import Tracing

/// Finds jobs that will never finish, fails them, and gives their users the tokens back.
///
/// ```swift
/// let cleaner = Cleaner(store: store)
/// let result = try await cleaner.cleanupStuckJobs(CleanupOptions(timeout: .seconds(600)))
/// print(result.message)
/// ```
///
/// Safe to call from several tasks and several processes over one database: each job is failed once and each charge given
/// back once, whoever gets to it first.
public struct Cleaner: Sendable {
    let store: any CleanupStore
    private let policy: PolicySource
    private let logger: Logger

    /// Makes a cleaner over a store, by the standard policy unless set.
    public init(
        store: any CleanupStore,
        policy: PolicySource = PolicySource(),
        logger: Logger = Logger(label: "unstick.cleanup")
    ) {
        self.store = store
        self.policy = policy
        self.logger = logger
    }

    /// The jobs that a pass would take now, oldest first.
    ///
    /// Changes nothing and leaves no record.
    ///
    /// - Parameters:
    ///   - timeout: the age from which on an attempt is stuck, in place of what the policy says.
    ///   - limit: how many to list at most, 1 to 10,000.
    /// - Throws: ``UnstickError`` `invalidArgument`, `databaseUnavailable`.
    public func findStuckJobs(timeout: Duration? = nil, limit: Int = 100) async throws -> [StuckJob] {
        try await self.stuckReport(timeout: timeout, limit: limit).jobs
    }

    /// The policy in force, with another timeout where one is asked for.
    func policy(timeout: Duration?) -> Policy {
        timeout.map { self.policy.current.with(timeout: $0) } ?? self.policy.current
    }

    /// One pass over the stuck jobs.
    ///
    /// The pass leaves a run record whatever happens. When the task is cancelled the batch in hand is finished and the
    /// result says that there is more.
    ///
    /// - Parameters:
    ///   - options: how the pass is to go.
    ///   - trigger: who or what started it, for the record.
    ///   - progress: called after each batch; throwing from it ends the pass as failed.
    /// - Throws: ``UnstickError`` `invalidArgument` before anything is done, or `databaseUnavailable` and the like when the
    ///   pass cannot go on. What was cleaned before that stays cleaned.
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

/// How far a pass has come.
public struct CleanupProgress: Hashable, Sendable {
    /// The stored record of the pass.
    public var runID: String
    /// Jobs dealt with so far.
    public var done: Int
    /// Jobs that were stuck when the pass began.
    public var total: Int
    /// Tokens given back so far; 0 in a dry run.
    public var tokensRefunded: Int
    /// Tokens that a real run would have given back so far; only in a dry run.
    public var tokensOwed: Int
}
