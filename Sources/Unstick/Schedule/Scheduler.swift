public import Logging
public import ServiceLifecycle

/// Runs the cleanup when a job reaches its limit, and on a schedule, on one node at a time.
///
/// Times use the database's clock. One run at the start makes up for ticks that were missed while no node was up. A run
/// that was interrupted, on this node or another, resumes when its lease has ended.
public struct Scheduler: Service {
    private let expression: CronExpression
    private let zone: ScheduleZone
    private let options: CleanupOptions
    private let cleanup: ScheduledCleanup
    private let store: any ScheduleStore & HistoryStore
    private let logger: Logger

    /// The longest sleep, so that a changed clock and an interrupted run are noticed.
    private static let nap = Duration.seconds(30)
    /// The shortest time between the starts of two runs for jobs that reached their limits.
    package static let minInterval = Duration.seconds(15)
    /// How long to wait after the database could not be reached.
    private static let retry = Duration.seconds(5)

    /// Makes a scheduler.
    ///
    /// - Parameters:
    ///   - expression: when to run.
    ///   - zone: the time zone of the expression.
    ///   - options: the options of each run; a tick always drains the backlog.
    ///   - cleanup: performs the runs.
    ///   - store: has the last tick, the last runs and the time.
    ///   - logger: the log of ticks.
    public init(
        expression: CronExpression,
        zone: ScheduleZone = .utc,
        options: CleanupOptions = CleanupOptions(),
        cleanup: ScheduledCleanup,
        store: any ScheduleStore & HistoryStore,
        logger: Logger = Logger(label: "unstick.schedule")
    ) {
        self.expression = expression
        self.zone = zone
        var options = options
        options.drain = true
        self.options = options
        self.cleanup = cleanup
        self.store = store
        self.logger = logger
    }

    /// Runs until the service group shuts down; a run in progress then finishes its batch.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var outage = OutageWait()
            await self.waitForHeartbeats(after: &outage)
            await self.catchUp()
            var jobs = DueJobs()
            while !Task.isCancelled, let cause = await self.waitForNextRun(&jobs, &outage) {
                var isDone = false
                switch cause {
                case .tick(let due):
                    let isHeld = await self.tick(due)
                    isDone = isHeld != nil
                    jobs.ran(at: due, isHeld: isHeld)
                case .jobs(let now): isDone = await self.runDue(&jobs, at: now)
                }
                if isDone { outage.worked() }
            }
        }
    }

    /// Runs the last missed tick, if there is one since the last tick that a node ran.
    package func catchUp() async {
        await self.loggingFailure {
            let now = try await self.store.now()
            guard let last = try await self.store.lastTick(of: ScheduledCleanup.name),
                let missed = self.expression.latest(atOrBefore: now, in: self.zone), missed > last
            else { return }
            self.logger.notice("A scheduled cleanup was missed; running it now", metadata: ["due": "\(missed)"])
            await self.tick(missed)
        }
    }

    /// Performs the run that is due at a time, unless another node did or another run is in progress.
    ///
    /// - Returns: whether it was held; `nil` where it did not run.
    @discardableResult
    package func tick(_ due: Timestamp) async -> Bool? {
        var isHeld: Bool?
        await self.loggingFailure {
            switch try await self.cleanup.run(self.options, trigger: .scheduler, due: due) {
            case .done(let result): isHeld = result.waitsForSchedule
            case .alreadyTaken: self.logger.debug("Another node ran this tick", metadata: ["due": "\(due)"])
            case .busy:
                self.logger.notice("Another run is in progress; this tick is skipped", metadata: ["due": "\(due)"])
            }
        }
        return isHeld
    }

    /// Resumes an interrupted run after its lease has ended; each further interruption doubles the wait.
    package func resumeInterrupted() async {
        await self.loggingFailure {
            guard let interruption = try await Interruption.find(in: self.store, lease: self.cleanup.lease),
                interruption.resumesAt <= (try await self.store.now())
            else { return }
            self.logger.notice("A scheduled cleanup was interrupted; resuming it now")
            // Another node may be running it, which is fine.
            _ = try await self.cleanup.run(self.options, trigger: .scheduler)
        }
    }

    /// Why a run starts.
    private enum Cause {
        /// A tick of the schedule.
        case tick(Timestamp)
        /// A job reached its limit; with the time of the database.
        case jobs(Timestamp)
    }

    /// Performs the run for the jobs that reached their limits, unless another run is in progress.
    ///
    /// A run that finds nothing, for example because another node was first, leaves no record.
    ///
    /// - Returns: whether the database answered.
    @discardableResult
    package func runDue(_ jobs: inout DueJobs, at now: Timestamp) async -> Bool {
        jobs.ran(at: now, isHeld: true)
        var isDone = false
        await self.loggingFailure {
            switch try await self.cleanup.run(self.options, trigger: .due) {
            // Every further job would leave a record of the same reason, or of the jobs that cannot be cleaned.
            case .done(let result): jobs.ran(at: now, isHeld: result.waitsForSchedule || result.failed > 0)
            case .alreadyTaken, .busy: jobs.ran(at: now, isHeld: false)
            }
            isDone = true
        }
        return isDone
    }

    /// Sleeps until the next tick is due or the next job reaches its limit.
    ///
    /// - Returns: the cause, or `nil` when the task is cancelled.
    private func waitForNextRun(_ jobs: inout DueJobs, _ outage: inout OutageWait) async -> Cause? {
        var due: Timestamp?
        while !Task.isCancelled {
            do {
                // A tick within the wait after an outage is not lost.
                if due == nil { due = self.expression.next(after: try await self.store.now(), in: self.zone) }
                await self.waitForHeartbeats(after: &outage)
                let now = try await self.store.now()
                if let due, due <= now { return .tick(due) }
                // Computed again after every sleep, so that a clock that was set back does not delay the next tick.
                due = self.expression.next(after: now, in: self.zone)
                try await self.store.announce(ScheduledCleanup.name, next: due)
                await self.resumeInterrupted()
                let next = try await jobs.next(in: self.cleanup, at: now)
                if let next, next <= now { return .jobs(now) }
                let tick = due.map { $0 - now } ?? Self.nap
                let rest = next.map { $0 - now } ?? jobs.rest ?? Self.nap
                try await Task.sleep(for: min(tick, rest, Self.nap))
            } catch is CancellationError {
                return nil
            } catch {
                self.logger.error("The schedule waits for the database", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: Self.retry)  // Cancellation ends the loop.
            }
        }
        return nil
    }

    /// Waits until the database answers, and after an outage until workers could send their heartbeats.
    private func waitForHeartbeats(after outage: inout OutageWait) async {
        while !Task.isCancelled {
            do {
                _ = try await self.store.now()
                if outage.answered() {
                    self.logger.notice(
                        "The database did not answer for a while, or this machine slept: runs wait for heartbeats of workers",
                        metadata: ["wait": "\(OutageWait.grace.text)"]
                    )
                }
                guard let wait = outage.left() else { return }
                try await Task.sleep(for: min(wait, Self.nap))
            } catch is CancellationError {
                return
            } catch {
                self.logger.error("The schedule waits for the database", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: Self.retry)  // Cancellation ends the loop.
            }
        }
    }

    private func loggingFailure(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
            return
        } catch {
            self.logger.error(
                "The scheduled cleanup failed; the next tick tries again",
                metadata: ["reason": "\(error)"]
            )
        }
    }
}
