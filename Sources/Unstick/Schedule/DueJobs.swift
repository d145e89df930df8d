/// When the next run for jobs that reached their limits starts, on this node.
///
/// A job counts once: what a run left, because it could not be cleaned or was held, waits for the schedule.
package struct DueJobs: Sendable {
    /// Jobs that reached their limits up to this time were in a run; `nil` before the first.
    private var handled: Timestamp?
    private var waitsForTick = false
    /// Whether a pause was in force while it waited.
    private var sawPause = false
    /// The result of the last search.
    private var found: Timestamp?
    /// When the database may be searched again: a search has a twentieth of the time, however large the tables are.
    private var rested = ContinuousClock.now
    private static let share = 20

    package init() {}

    /// How long the next search waits; `nil` where it need not.
    package var rest: Duration? {
        let left = self.rested - .now
        return self.waitsForTick || left <= .zero ? nil : left
    }

    /// A run has started or ended.
    ///
    /// - Parameters:
    ///   - start: when it started.
    ///   - isHeld: whether no further run starts before the schedule's next one that is not held; `nil` where another
    ///     run took its place.
    package mutating func ran(at start: Timestamp, isHeld: Bool?) {
        self.handled = max(self.handled ?? start, start)
        self.found = nil
        if let isHeld { self.waitsForTick = isHeld }
    }

    /// When the next run starts, as last searched; `nil` where no job will reach a limit.
    ///
    /// A time that has passed means now.
    package mutating func next(in cleanup: ScheduledCleanup, at now: Timestamp) async throws -> Timestamp? {
        if self.waitsForTick, try await !self.isResumed(cleanup) { return nil }
        // A run may have started while the clock was ahead.
        self.handled = self.handled.map { min($0, now) }
        let began = ContinuousClock.now
        guard self.rested <= began else { return self.found }
        defer { self.rested = .now + (.now - began) * Self.share }
        // The jobs of a node that was down may have waited for years.
        let earlier = self.handled ?? Timestamp(milliseconds: 0)
        self.found = try await cleanup.nextDue(after: earlier).map { due in
            max(due, self.handled.map { $0 + Scheduler.minInterval } ?? due)
        }
        return self.found
    }

    /// Whether a pause has ended that runs waited for: then all jobs count anew.
    private mutating func isResumed(_ cleanup: ScheduledCleanup) async throws -> Bool {
        let isPaused = try await cleanup.isPaused
        guard self.sawPause, !isPaused else {
            self.sawPause = isPaused
            return false
        }
        self = DueJobs()
        return true
    }
}
