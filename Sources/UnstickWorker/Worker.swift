public import Logging
public import ServiceLifecycle
public import Unstick

/// Works on jobs: claims them, shows heartbeats, completes or fails them.
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
/// When an attempt is lost, because it timed out or the job was cancelled, the handler's task is cancelled, and what it
/// returns then counts for nothing. On graceful shutdown no more jobs are claimed; those in hand go on for a time, and are
/// put back into the queue when they are not done by then. Safe to run in several processes over one database.
public struct Worker: Service {
    /// How a worker goes about it.
    public struct Configuration: Sendable {
        /// How many jobs it works on at once.
        public var concurrency: Int
        /// How often it shows a heartbeat; a third of the smallest `heartbeatTimeout` is a good choice.
        public var beatInterval: Duration
        /// How long it waits before it looks again when no job waits, at first and at most.
        public var idlePauses: ClosedRange<Duration>
        /// How long jobs in hand may go on once it is told to stop.
        public var gracePeriod: Duration
        /// What it waits by.
        public var clock: any Clock<Duration>

        /// Makes a configuration; without arguments, one job at a time, a beat every 20 s, 30 s to finish.
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
    /// It returns the tokens that a job whose tokens are held came to, or `nil` for all of them. It may throw ``JobFailed``;
    /// any other error lets the job be tried again.
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
    ///   - jobs: where the jobs are.
    ///   - name: what it calls itself, shown with jobs that get stuck.
    ///   - kinds: the kinds of jobs that it takes.
    ///   - configuration: how it goes about it.
    ///   - logger: where errors are told.
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

    /// Works until it is told to stop.
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

    /// Claims jobs as places come free, until it is told to stop.
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

    /// Gives the jobs in hand their time, then stops them.
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
            // The end of an attempt is told also when the worker is told to stop.
            await Task { await self.end(job, result) }.value
        }
        inFlightJobs.leave(job.id)
    }
}

/// A handler's error that says whether another attempt may do better.
public struct JobFailed: Error {
    /// Why, for people; stored with the job.
    public var message: String
    /// Whether another attempt may do better.
    public var isRetryable: Bool

    /// Makes the error.
    public init(_ message: String, isRetryable: Bool = true) {
        self.message = message
        self.isRetryable = isRetryable
    }
}
