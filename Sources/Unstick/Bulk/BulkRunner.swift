public import Logging
public import ServiceLifecycle

/// Runs bulk actions, one after the other, until it is stopped.
///
/// Any number of servers may run one over a database. Each action belongs to one server at a time, and continues from
/// its last step when that server is gone.
public struct BulkRunner: Service {
    private let store: any Store
    private let jobs: JobLifecycle
    private let holder = RandomID.uuid()
    private let pause: Duration
    private let logger: Logger

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - policy: the rules in force, which decide what is refunded.
    ///   - pause: the wait before the next query for an action.
    ///   - logger: the log of its actions.
    public init(
        store: any Store,
        policy: PolicySource = PolicySource(),
        pause: Duration = .seconds(1),
        logger: Logger = Logger(label: "unstick.bulk")
    ) {
        self.store = store
        self.jobs = JobLifecycle(store: store, policy: policy)
        self.pause = pause
        self.logger = logger
    }

    /// Runs until the task is cancelled or the server stops.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await self.runNext(), !Task.isCancelled {}
                } catch {
                    self.logger.warning("A bulk action waits", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: self.pause)
            }
        }
    }

    /// Runs the oldest waiting action.
    ///
    /// - Returns: whether an action was waiting.
    package func runNext() async throws -> Bool {
        guard
            var action = try await self.store.claimBulkAction(holder: self.holder, lease: BulkAction.lease)
        else { return false }
        while action.status == .running, !Task.isCancelled {
            try await self.step(&action)
            guard try await self.store.save(action, holder: self.holder, lease: BulkAction.lease) else { break }
        }
        return true
    }

    /// Handles the next jobs.
    private func step(_ action: inout BulkAction) async throws {
        let window = try await self.store.jobs(action.filter, after: action.cursor, limit: BulkAction.step)
        for job in window.rows { try await self.deal(with: job, &action) }
        action.cursor = window.next
        if window.next == nil { action.status = .completed }
    }

    /// One job that cannot be changed does not stop the others; an unreachable database does.
    private func deal(with job: Job, _ action: inout BulkAction) async throws {
        guard action.kind.statuses.contains(job.status) else {
            action.skipped += 1
            return
        }
        do {
            switch try await self.jobs.change(job.id, action.kind, reason: action.reason, by: action.actor) {
            case .moved: action.done += 1
            case .refused, .missing: action.skipped += 1
            }
        } catch let error as UnstickError where error.code != .databaseUnavailable {
            action.failed += 1
            action.lastFailedJob = job.id
            action.lastError = error.details
        }
    }
}
