public import Logging

/// Runs that must not overlap: the scheduler's ticks and the calls of the cron endpoint, on all nodes together.
public struct ScheduledCleanup: Sendable {
    /// The name of the lease that all of them share.
    package static let name = "cleanup"

    private let cleaner: Cleaner
    private let store: any ScheduleStore
    private let holder: String
    /// How long a silent node blocks others.
    let lease: Duration
    private let observer: RunObserver?
    private let logger: Logger

    /// Makes the runner of non-overlapping runs.
    ///
    /// - Parameters:
    ///   - cleaner: performs the runs.
    ///   - store: keeps the lease.
    ///   - lease: how long a silent node blocks others; renewed during the run. Default: a minute.
    ///   - observer: notified of each run.
    ///   - logger: the log of lost leases.
    public init(
        cleaner: Cleaner,
        store: any ScheduleStore,
        lease: Duration = .seconds(60),
        observer: RunObserver? = nil,
        logger: Logger = Logger(label: "unstick.schedule")
    ) {
        self.cleaner = cleaner
        self.store = store
        self.holder = RandomID.uuid()
        self.lease = lease
        self.observer = observer
        self.logger = logger
    }

    /// The outcome of a requested run.
    package enum Outcome: Hashable, Sendable {
        /// The run succeeded.
        case done(CleanupResult)
        /// Another run is in progress; this one was skipped.
        case busy
        /// The tick was run before, here or on another node.
        case alreadyTaken
    }

    /// When the next job reaches a limit, after `earlier`; `nil` where none will.
    func nextDue(after earlier: Timestamp) async throws -> Timestamp? {
        try await self.cleaner.nextDue(after: earlier)
    }

    /// Whether cleaning is paused.
    var isPaused: Bool { get async throws { try await self.cleaner.isPaused } }

    /// Performs one run unless another one holds the lease.
    ///
    /// - Parameters:
    ///   - options: the options of the run.
    ///   - trigger: who or what started it.
    ///   - due: the tick of the run; `nil` outside the schedule.
    /// - Throws: what ``Cleaner/cleanupStuckJobs(_:trigger:progress:)`` throws.
    package func run(_ options: CleanupOptions, trigger: RunTrigger, due: Timestamp? = nil) async throws -> Outcome {
        // Every claim has its own holder, so that two calls in one process exclude each other as two nodes do.
        let holder = self.holder + "/" + RandomID.uuid()
        switch try await self.store.claim(Self.name, due: due, holder: holder, lease: self.lease) {
        case .alreadyTaken: return .alreadyTaken
        case .busy: return .busy
        case .claimed: break
        }
        return try await .done(
            // A cron monitor expects the schedule's runs, and limits how often it is called.
            CleanupResult.observed(by: trigger == .due ? nil : self.observer) {
                do {
                    if trigger != .due { await self.cleaner.findLateCompletions() }
                    let result = try await self.clean(options, trigger: trigger, holder: holder)
                    await self.release(holder)
                    return result
                } catch {
                    await self.release(holder)
                    throw error
                }
            }
        )
    }

    /// Runs the cleanup and renews its lease.
    private func clean(_ options: CleanupOptions, trigger: RunTrigger, holder: String) async throws -> CleanupResult {
        var renewedAt = ContinuousClock.now
        return try await self.cleaner.cleanupStuckJobs(options, trigger: trigger) { _ in
            // Not after every batch: over a network a renewal takes as long as a batch.
            guard ContinuousClock.now - renewedAt >= self.lease / Self.renewals else { return }
            renewedAt = .now
            guard try await self.store.renew(Self.name, holder: holder, lease: self.lease) else {
                throw UnstickError(
                    .conflict,
                    "Another node took over because this node did not renew its lease for \(self.lease.text)."
                )
            }
        }
    }

    /// How often a lease is renewed within its time.
    private static let renewals = 6

    /// Releases the lease also when the task is cancelled; otherwise it expires.
    private func release(_ holder: String) async {
        let store = self.store
        do {
            try await Task { try await store.release(Self.name, holder: holder) }.value
        } catch {
            self.logger.warning(
                "The lease could not be released; it expires by itself",
                metadata: ["reason": "\(error)"]
            )
        }
    }
}
