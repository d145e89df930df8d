/// The heartbeats of one call in the form for a store: one for each attempt, sorted by their keys.
///
/// A store writes them and reads the jobs of the refused ones; this type makes the answers.
package struct HeartbeatBatch {
    /// An attempt of a job.
    package struct Attempt: Hashable, Sendable {
        private let jobID: ExactText
        private let number: Int

        package init(jobID: String, number: Int) {
            self.jobID = jobID.exact
            self.number = number
        }

        package init(_ beat: Heartbeat) { self.init(jobID: beat.jobID, number: beat.attempt) }
    }

    private let sent: [Heartbeat]
    /// The heartbeats to write.
    ///
    /// In the order of the jobs, so that two calls cannot deadlock.
    package let beats: [Heartbeat]

    /// Merges the heartbeats of the same attempt: the later one counts, and keeps the values that it leaves out.
    package init(_ sent: [Heartbeat]) {
        var beats: [Attempt: Heartbeat] = [:]
        for beat in sent {
            var latest = beat
            if let before = beats[Attempt(beat)] {
                latest.progress = beat.progress ?? before.progress
                latest.message = beat.message ?? before.message
            }
            beats[Attempt(beat)] = latest
        }
        self.sent = sent
        self.beats = beats.values.sorted { ($0.jobID.exact, $0.attempt) < ($1.jobID.exact, $1.attempt) }
    }

    /// The jobs of the heartbeats that were refused.
    package func others(than alive: Set<Attempt>) -> [String] {
        self.beats.filter { !alive.contains(Attempt($0)) }.map(\.jobID).distinct
    }

    /// An answer for each heartbeat that was sent, in their order.
    package func answers(alive: Set<Attempt>, others: [Job]) -> [HeartbeatAnswer] {
        let others = Dictionary(others.map { ($0.id.exact, $0) }) { first, _ in first }
        return self.sent.map { beat in
            if alive.contains(Attempt(beat)) { return .alive }
            return others[beat.jobID.exact].map { .refused($0) } ?? .missing
        }
    }
}
