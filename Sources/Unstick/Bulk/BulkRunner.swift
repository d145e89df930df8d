public import Logging
public import ServiceLifecycle

/// Does what was asked for with many jobs, one action after the other, as long as it runs.
///
/// Any number of servers may run one over a database; each action is one server's at a time, and goes on where it stood when
/// that server is gone.
public struct BulkRunner: Service {
    private let store: any Store
    private let jobs: JobLifecycle
    private let holder = RandomID.uuid()
    private let pause: Duration
    private let logger: Logger

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - store: what it works on.
    ///   - policy: the rules in force, for what is refunded.
    ///   - pause: how long it waits before it looks for the next action.
    ///   - logger: where it tells what it does.
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

    /// Does the oldest action that waits.
    ///
    /// - Returns: whether there was one.
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

    /// Deals with the next jobs.
    private func step(_ action: inout BulkAction) async throws {
        let window = try await self.store.jobs(action.filter, after: action.cursor, limit: BulkAction.step)
        for job in window.rows { try await self.deal(with: job, &action) }
        action.cursor = window.next
        if window.next == nil { action.status = .completed }
    }

    /// One job that cannot be changed does not stop the others; a database that cannot be reached does.
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
