/// What others are told about a pass.
package struct RunEvent: Event {
    package let type: EventType
    /// The key of the event: a record that is written again tells it once.
    package let id: String
    private let runId, trigger: String
    private let reason: String?
    private let totalFound, cleanedUp, failed, tokensRefunded: Int
    private let more: Bool
    private let startedAt: Timestamp
    private let durationMs: Int?

    fileprivate init(_ type: EventType, of run: Run) {
        self.type = type
        self.id = "\(run.id)-\(run.status.rawValue.lowercased())"
        self.runId = run.id
        self.trigger = run.trigger.description
        self.reason = run.error
        self.totalFound = run.totalFound
        self.cleanedUp = run.cleanedUp
        self.failed = run.failed
        self.tokensRefunded = run.tokensRefunded
        self.more = run.more
        self.startedAt = run.startedAt
        self.durationMs = run.duration?.inMilliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case runId, trigger, reason, totalFound, cleanedUp, failed, tokensRefunded, more, startedAt, durationMs
    }
}

extension Run {
    /// What others are told of the pass as it stands; `nil` for what is nobody else's business.
    package var event: RunEvent? {
        guard !self.dryRun else { return nil }
        return switch self.status {
        case .running: nil
        case .completed: RunEvent(.cleanupCompleted, of: self)
        case .failed: RunEvent(.cleanupFailed, of: self)
        case .held: RunEvent(.cleanupHeld, of: self)
        }
    }
}
