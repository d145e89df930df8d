public import Logging

/// Passes that must not overlap: the scheduler's ticks and the calls of the cron endpoint, on all nodes together.
public struct ScheduledCleanup: Sendable {
    /// The name of the lease that all of them share.
    public static let name = "cleanup"

    private let cleaner: Cleaner
    private let store: any ScheduleStore
    private let holder: String
    /// How long a silent node keeps others waiting.
    let lease: Duration
    private let observer: RunObserver?
    private let logger: Logger

    /// Makes the runner of non-overlapping passes.
    ///
    /// - Parameters:
    ///   - cleaner: runs the passes.
    ///   - store: keeps the lease.
    ///   - lease: how long a silent node keeps others waiting; renewed while the run goes on. A minute unless set.
    ///   - observer: who is told of each pass.
    ///   - logger: where lost leases are told.
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

    /// What became of a pass that was asked for.
    public enum Outcome: Hashable, Sendable {
        /// The pass went through.
        case done(CleanupResult)
        /// Another pass is going on; this one was left out.
        case busy
        /// The tick was run before, here or on another node.
        case alreadyTaken
    }

    /// Runs one pass unless another one holds the lease.
    ///
    /// - Parameters:
    ///   - options: how the pass is to go.
    ///   - trigger: who or what started it.
    ///   - due: the tick that it is for; `nil` outside the schedule.
    /// - Throws: what ``Cleaner/cleanupStuckJobs(_:trigger:progress:)`` throws.
    public func run(_ options: CleanupOptions, trigger: RunTrigger, due: Timestamp? = nil) async throws -> Outcome {
        // Every claim has a holder of its own, so that two calls in one process exclude each other as two nodes do.
        let holder = self.holder + "/" + RandomID.uuid()
        switch try await self.store.claim(Self.name, due: due, holder: holder, lease: self.lease) {
        case .alreadyTaken: return .alreadyTaken
        case .busy: return .busy
        case .claimed: break
        }
        return try await .done(
            CleanupResult.observed(by: self.observer) {
                do {
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
            // Not after every batch: over a network that would take as long as the batch.
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

    /// Gives the lease back also when the task is cancelled; a lease that stays behind ends by itself.
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
