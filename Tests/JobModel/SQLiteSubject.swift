import Foundation
import Synchronization
package import Unstick
import UnstickSQLite

/// The embedded store with the model's clock.
package struct SQLiteSubject: ModelledStore {
    package private(set) var store: any Store
    private let clock: ModelClock
    private let path: String?

    /// - Parameter path: a file, which survives a crash; without one the store is in memory, and does not crash.
    package init(path: String? = nil) throws {
        let clock = ModelClock()
        self.clock = clock
        self.path = path
        self.store = try Self.open(path, clock)
    }

    private static func open(_ path: String?, _ clock: ModelClock) throws -> any Store {
        guard let path else { return try SQLiteStore.inMemory { clock.now } }
        return try SQLiteStore(path: path) { clock.now }
    }

    package mutating func advance(hours: Int) {
        self.clock.advance(.seconds(hours * 3600))
    }

    package mutating func crash() throws {
        guard let path else { return }
        try self.store.close()
        self.store = try Self.open(path, self.clock)
    }
}

/// A clock that only the model moves.
private final class ModelClock: Sendable {
    private let time = Mutex(Timestamp(seconds: 1_800_000_000))

    /// A millisecond later each time, so that no two times are equal.
    var now: Timestamp {
        self.time.withLock { time in
            time = time + .milliseconds(1)
            return time
        }
    }

    func advance(_ duration: Duration) {
        self.time.withLock { $0 = $0 + duration }
    }
}
