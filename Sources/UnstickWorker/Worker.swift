public import Logging
public import ServiceLifecycle
public import Unstick

/// Processes jobs: claims them, sends heartbeats, completes or fails them.
///
/// ```swift
/// let worker = Worker(jobs: JobLifecycle(store: store), name: "gpu-7", kinds: ["image"]) { job, report in
///     for step in 1...10 {
///         try await render(job, step: step)
///         report.progress(Double(step) / 10, "step \(step)")
///     }
///     return nil
/// }
/// try await worker.run()
/// ```
///
/// When an attempt is lost, because it timed out or the job was cancelled, the handler's task is cancelled and its
/// result is ignored. On graceful shutdown no more jobs are claimed; jobs in progress continue for a time, and return
/// to the queue when they are not done by then. Safe to run in several processes over one database.
public struct Worker: Service {
    /// The settings of a worker.
    public struct Configuration: Sendable {
        /// The most concurrent jobs.
        public var concurrency: Int
        /// The time between two heartbeats; a third of the smallest `heartbeatTimeout` is a good choice.
        public var beatInterval: Duration
        /// The pause before the next claim when no job waits, at first and at most.
        public var idlePauses: ClosedRange<Duration>
        /// How long jobs in progress may continue after a shutdown was requested.
        public var gracePeriod: Duration
        /// The clock for its waits.
        public var clock: any Clock<Duration>

        /// Makes a configuration; without arguments, one job at a time, a heartbeat every 20 s, 30 s to finish.
        public init(
            concurrency: Int = 1,
            beatInterval: Duration = .seconds(20),
            idlePauses: ClosedRange<Duration> = .milliseconds(100)...Duration.seconds(2),
            gracePeriod: Duration = .seconds(30),
            clock: any Clock<Duration> = ContinuousClock()
        ) {
            precondition(1...Limits.claimedJobs ~= concurrency, "a worker has 1 to \(Limits.claimedJobs) jobs at once")
            precondition(beatInterval > .zero && idlePauses.lowerBound > .zero && gracePeriod >= .zero)
            self.concurrency = concurrency
            self.beatInterval = beatInterval
            self.idlePauses = idlePauses
            self.gracePeriod = gracePeriod
            self.clock = clock
        }
    }

    /// Does the work of a job.
    ///
    /// It returns the used tokens of a job with a reservation, or `nil` for all of them. It may throw ``JobFailed``;
    /// after any other error the job is retried.
    public typealias Handler = @Sendable (_ job: Job, _ report: ProgressReporter) async throws -> Int?

    let jobs: JobLifecycle
    let configuration: Configuration
    let logger: Logger
    private let name: String
    private let kinds: [String]
    private let handler: Handler

    /// Makes a worker.
    ///
    /// - Parameters:
    ///   - jobs: the jobs.
    ///   - name: its name, shown with jobs that get stuck.
    ///   - kinds: the kinds of jobs that it claims.
    ///   - configuration: the settings.
    ///   - logger: the log of errors.
    ///   - handler: does the work.
    public init(
        jobs: JobLifecycle,
        name: String,
        kinds: [String],
        configuration: Configuration = Configuration(),
        logger: Logger = Logger(label: "unstick.worker"),
        handler: @escaping Handler
    ) {
        self.jobs = jobs
        self.name = name
        self.kinds = kinds
        self.configuration = configuration
        self.logger = logger
        self.handler = handler
    }

    /// Runs until shutdown.
    public func run() async throws {
        let inFlightJobs = InFlightJobs(places: self.configuration.concurrency)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.beat(inFlightJobs) }
            await withDiscardingTaskGroup { work in
                await self.claim(inFlightJobs) { job in
                    work.addTask { await self.work(on: job, at: inFlightJobs) }
                }
                work.addTask { await self.drain(inFlightJobs) }
            }
            group.cancelAll()
        }
    }

    /// Claims jobs as places become free, until shutdown.
    private func claim(_ inFlightJobs: InFlightJobs, _ begin: (Job) -> Void) async {
        var pause = self.configuration.idlePauses.lowerBound
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let free = await cancelWhenGracefulShutdown { await inFlightJobs.freePlaces() }
            guard free > 0, !Task.isShuttingDownGracefully else { continue }
            do {
                let claimed = try await self.jobs.claim(kinds: self.kinds, worker: self.name, limit: free)
                for job in claimed {
                    inFlightJobs.take(job)
                    begin(job)
                }
                if !claimed.isEmpty {
                    pause = self.configuration.idlePauses.lowerBound
                    continue
                }
            } catch {
                self.logger.error("No job could be claimed", metadata: ["reason": "\(error)"])
            }
            let (clock, wait) = (self.configuration.clock, pause)
            try? await cancelWhenGracefulShutdown { try await clock.sleep(for: wait) }
            pause = min(pause * 1.5, self.configuration.idlePauses.upperBound)
        }
    }

    /// Waits for the jobs in progress, then stops them.
    private func drain(_ inFlightJobs: InFlightJobs) async {
        try? await inFlightJobs.waitUntilEmpty(for: self.configuration.gracePeriod, by: self.configuration.clock)
        inFlightJobs.stopAll()
    }

    private func work(on job: Job, at inFlightJobs: InFlightJobs) async {
        let report = ProgressReporter()
        let handler = self.handler
        let task = Task { try await handler(job, report) }
        inFlightJobs.begin(job.id, report) { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        if inFlightJobs.isLost(job.id) {
            self.logger.notice(
                "The attempt was lost",
                metadata: ["jobId": "\(job.id)", "attempt": .stringConvertible(job.attempt)]
            )
        } else {
            // The end of an attempt is also sent during shutdown.
            await Task { await self.end(job, result) }.value
        }
        inFlightJobs.leave(job.id)
    }
}

/// A handler's error that says whether another attempt may succeed.
public struct JobFailed: Error {
    /// Why, for people; stored with the job.
    public var message: String
    /// Whether another attempt may succeed.
    public var isRetryable: Bool

    /// Makes the error.
    public init(_ message: String, isRetryable: Bool = true) {
        self.message = message
        self.isRetryable = isRetryable
    }
}
