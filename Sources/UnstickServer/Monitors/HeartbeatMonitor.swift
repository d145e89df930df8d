public import Logging
import Synchronization

/// Tells a cron monitor when runs start and how they end, so that it raises an alarm when they fail or stay away.
///
/// ```swift
/// let monitor = HeartbeatMonitor(url: try MonitorURL("https://hc-ping.com/…"), logger: logger)
/// let run = monitor.started()
/// monitor.succeeded(run)
/// ```
///
/// No call waits for the monitor or throws: pings queue up, and ``run()`` sends them one after the other in the order in
/// which they were asked for. At most 16 wait; the oldest is dropped when there are more, which is logged as a warning.
/// A ping that fails is sent once more after a second; when that fails too, one warning names the host and the reason.
///
/// It is a service: add it to a service group *before* what it watches, so that it is shut down after it. A program
/// without a group runs it beside its work, `async let pings: Void = monitor.run()`, and ends with ``shutdown()``.
public final class HeartbeatMonitor: Sendable {
    let url: MonitorURL
    let limits: HeartbeatLimits
    let logger: Logger
    /// The pings that wait; it is finished when no more are taken.
    let pings: AsyncStream<HeartbeatPing>
    /// Where pings queue up.
    let queue: AsyncStream<HeartbeatPing>.Continuation
    /// Open when the monitor was told to shut down.
    let closing = Latch()
    /// Open when no more pings are sent.
    let ended = Latch()
    /// Whether pings are, or were, being sent.
    let isRunning = Atomic(false)

    /// Makes a monitor.
    ///
    /// - Parameters:
    ///   - url: where the pings go.
    ///   - timeout: how long a single attempt to send a ping may take, 10 s by default.
    ///   - logger: where pings are told that were dropped or that failed.
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

    /// Tells that a run starts.
    ///
    /// - Returns: the run, to tell with it how it ended.
    public func started() -> HeartbeatRun {
        let run = HeartbeatRun()
        self.enqueue(HeartbeatPing(.start, run))
        return run
    }

    /// Tells that a run ended well.
    ///
    /// - Parameters:
    ///   - run: what ``started()`` returned.
    ///   - message: what people are to read about it, of which 10 kB are sent to Healthchecks, 2 kB to Cronitor and
    ///     nothing to Sentry, which takes none.
    public func succeeded(_ run: HeartbeatRun, message: String? = nil) {
        self.enqueue(HeartbeatPing(.success, run, text: message))
    }

    /// Tells that a run ended badly.
    ///
    /// - Parameters:
    ///   - run: what ``started()`` returned.
    ///   - reason: what people are to read about it, of which as much is sent as of the message of a success.
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

/// How long a monitor's pings may take and how many may wait.
struct HeartbeatLimits: Hashable, Sendable {
    /// How long a single attempt may take.
    var timeout: Duration = .seconds(10)
    /// How long to wait before a ping that failed is sent a second and last time.
    var pause: Duration = .seconds(1)
    /// How long pings are sent after the monitor is shut down.
    var gracePeriod: Duration = .seconds(3)
    /// How many pings wait at most while one is being sent.
    var waiting = 16
}
