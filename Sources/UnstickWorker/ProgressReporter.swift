import Synchronization
import Unstick

/// Where a handler reports its progress; it is sent with the next heartbeat.
public final class ProgressReporter: Sendable {
    private let latest = Mutex<(fraction: Double?, message: String?)>((nil, nil))

    init() {}

    /// Reports the progress of the work.
    ///
    /// - Parameters:
    ///   - fraction: 0 to 1; values outside are clamped.
    ///   - message: the current step, for people; at most ``/Unstick/Heartbeat/messageBytes`` are kept.
    public func progress(_ fraction: Double, _ message: String? = nil) {
        let fraction = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
        self.latest.withLock {
            $0 = (fraction, message.map { $0.storable(inBytes: Heartbeat.messageBytes) } ?? $0.message)
        }
    }

    var current: (fraction: Double?, message: String?) { self.latest.withLock { $0 } }
}
