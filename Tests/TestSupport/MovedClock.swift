import Synchronization
package import Unstick

/// The clock of a database, which a test moves.
package final class MovedClock: Sendable {
    private let time: Mutex<Timestamp>

    package init(at now: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) { self.time = Mutex(now) }

    package var now: Timestamp { self.time.withLock { $0 } }

    package func advance(_ time: Duration) { self.time.withLock { $0 = $0 + time } }
}
