public import Logging
import Synchronization

/// Notifies a cron monitor when runs start and how they end, so that it alerts when they fail or are missing.
///
/// ```swift
/// let monitor = HeartbeatMonitor(url: try MonitorURL("https://hc-ping.com/…"), logger: logger)
/// let run = monitor.started()
/// monitor.succeeded(run)
/// ```
///
/// No call waits for the monitor or throws: pings queue up, and ``run()`` sends them one by one in their order. At most
/// 16 wait; then the oldest is dropped, and a warning is logged. A ping that fails is sent once more after a second;
/// when that fails too, one warning has the host and the reason.
///
/// It is a service: add it to a service group *before* the services that it watches, so that it is shut down after
/// them. A program without a group runs it beside its work, `async let pings: Void = monitor.run()`, and ends with
/// ``shutdown()``.
public final class HeartbeatMonitor: Sendable {
    let url: MonitorURL
    let limits: HeartbeatLimits
    let logger: Logger
    /// The waiting pings; finished when no more are accepted.
    let pings: AsyncStream<HeartbeatPing>
    /// The queue of pings.
    let queue: AsyncStream<HeartbeatPing>.Continuation
    /// Open when a shutdown was requested.
    let closing = Latch()
    /// Open when no more pings are sent.
    let ended = Latch()
    /// Whether pings are, or were, being sent.
    let isRunning = Atomic(false)

    /// Makes a monitor.
    ///
    /// - Parameters:
    ///   - url: the URL of the monitor.
    ///   - timeout: how long a single attempt to send a ping may take, 10 s by default.
    ///   - logger: the log of dropped and failed pings.
    public convenience init(
        url: MonitorURL,
        timeout: Duration = .seconds(10),
        logger: Logger = Logger(label: "unstick.heartbeats")
    ) {
        self.init(url: url, limits: HeartbeatLimits(timeout: timeout), logger: logger)
    }

    /// Makes a monitor with other limits.
    init(url: MonitorURL, limits: HeartbeatLimits, logger: Logger) {
        precondition(limits.timeout > .zero && limits.waiting > 0, "a ping needs time and a place in the queue")
        self.url = url
        self.limits = limits
        self.logger = logger
        (self.pings, self.queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(limits.waiting))
    }

    /// Reports that a run starts.
    ///
    /// - Returns: the run, to report its end with.
    public func started() -> HeartbeatRun {
        let run = HeartbeatRun()
        self.enqueue(HeartbeatPing(.start, run))
        return run
    }

    /// Reports that a run succeeded.
    ///
    /// - Parameters:
    ///   - run: what ``started()`` returned.
    ///   - message: the text for people, of which 10 kB are sent to Healthchecks, 2 kB to Cronitor and nothing to
    ///     Sentry.
    public func succeeded(_ run: HeartbeatRun, message: String? = nil) {
        self.enqueue(HeartbeatPing(.success, run, text: message))
    }

    /// Reports that a run failed.
    ///
    /// - Parameters:
    ///   - run: what ``started()`` returned.
    ///   - reason: the text for people, cut like the message of a success.
    public func failed(_ run: HeartbeatRun, reason: String) {
        self.enqueue(HeartbeatPing(.failure, run, text: reason))
    }

    private func enqueue(_ ping: HeartbeatPing) {
        switch self.queue.yield(ping) {
        case .dropped(let oldest): self.warnOfDropped(oldest.event, reason: "\(self.limits.waiting) other pings wait")
        case .terminated: self.warnOfDropped(ping.event, reason: "the monitor was shut down")
        case .enqueued: break
        @unknown default: break
        }
    }

    private func warnOfDropped(_ event: HeartbeatEvent, reason: String) {
        self.logger.warning(
            "A ping was dropped",
            metadata: ["host": "\(self.url.host)", "event": "\(event)", "reason": "\(reason)"]
        )
    }
}

/// The time limits of a monitor's pings, and how many may wait.
struct HeartbeatLimits: Hashable, Sendable {
    /// The time limit of one attempt.
    var timeout: Duration = .seconds(10)
    /// The wait before the second and last attempt of a failed ping.
    var pause: Duration = .seconds(1)
    /// How long pings are sent after the monitor is shut down.
    var gracePeriod: Duration = .seconds(3)
    /// How many pings may wait while one is being sent.
    var waiting = 16
}
