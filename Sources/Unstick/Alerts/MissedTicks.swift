import Logging
import Metrics

/// Detects a run that was due and that no server ran.
struct MissedTicks {
    let store: any Store
    let ticks: AlertWatch.Ticks
    let logger: Logger

    /// How late a run may begin.
    static let grace = Duration.seconds(60)

    private struct Missed: Event {
        let type = EventType.cleanupMissed
        let due: Timestamp
        let lateMs: Int
        let lastSuccessAt: Timestamp?

        private enum CodingKeys: String, CodingKey {
            case due, lateMs, lastSuccessAt
        }
    }

    func check(at now: Timestamp, watchedFor watched: Duration, lastSuccessAt: Timestamp?) async throws {
        guard let due = self.ticks.expression.latest(atOrBefore: now - Self.grace, in: self.ticks.zone),
            due >= now - watched
        else { return }
        if let last = try await self.store.lastTick(of: ScheduledCleanup.name), last >= due { return }
        // A run that takes longer than the time between two ticks covers the ticks in between.
        if let run = try await self.store.runs(before: nil, limit: 1).first, run.status == .running,
            now - run.updatedAt < Run.silence
        {
            return
        }
        let event = Missed(due: due, lateMs: (now - due).inMilliseconds, lastSuccessAt: lastSuccessAt)
        guard try await self.store.emit(NewEvent(event, id: "\(RandomID.first(at: due))-missed")) else { return }
        Counter(label: "unstick_cleanup_missed_total").increment()
        self.logger.error("A scheduled cleanup was missed: no server ran it", metadata: ["due": "\(due)"])
    }
}
