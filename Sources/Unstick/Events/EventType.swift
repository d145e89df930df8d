/// Everything that others are told; what each says is in `docs/events.md`.
public enum EventType: String, Sendable, Codable, CaseIterable {
    /// A pass failed a stuck job, or only reported it.
    case jobTimedOut = "job.timed_out"
    /// A job went back to the queue.
    case jobRetried = "job.retried"
    /// A job that timed out too often was failed, and is not to be tried again unseen.
    case jobQuarantined = "job.quarantined"
    /// A job was completed after a pass had failed it.
    case jobCompletedLate = "job.completed_late"
    /// A worker said that its attempt failed.
    case jobFailed = "job.failed"
    /// A job was called off.
    case jobCancelled = "job.cancelled"
    /// Somebody put a job that ended badly back into the queue.
    case jobRequeued = "job.requeued"
    /// Tokens were given back.
    case tokensRefunded = "tokens.refunded"
    /// A team's own billing is to give tokens back; sent until it says that it has.
    case tokensRefundDue = "tokens.refund_due"
    /// A pass went through.
    case cleanupCompleted = "cleanup.completed"
    /// A pass could not go on.
    case cleanupFailed = "cleanup.failed"
    /// A pass was stopped before it changed anything.
    case cleanupHeld = "cleanup.held"
    /// A pass was due, and nobody ran it.
    case cleanupMissed = "cleanup.missed"
    /// Something wants attention.
    case alertFiring = "alert.firing"
    /// It does not any more.
    case alertResolved = "alert.resolved"
    /// A webhook is not called any more.
    case webhookDisabled = "webhook.disabled"
    /// Somebody tries a webhook out.
    case webhookTest = "webhook.test"
    /// The ledger does not add up.
    case ledgerMismatch = "ledger.mismatch"

    /// The version of what an event says; facts may be added under the same version, nothing else.
    public static let version = 1

    /// The types that a list of patterns means.
    ///
    /// - Parameter patterns: types, families such as `job.*`, or `*` for all but `tokens.refund_due`, which must be named.
    /// - Throws: ``UnstickError`` `invalidArgument` for a pattern that means none.
    public static func matching(_ patterns: [String]) throws -> Set<EventType> {
        guard !patterns.isEmpty else {
            throw UnstickError(.invalidArgument, "Name at least one event, a family such as job.*, or * for all.")
        }
        return try patterns.reduce(into: []) { types, pattern in
            let found = Self.subscribable.filter { $0.matches(pattern) }
            guard !found.isEmpty else {
                let known = Self.subscribable.map(\.rawValue).joined(separator: ", ")
                throw UnstickError(
                    .invalidArgument,
                    "There is no event '\(Self.shown(pattern))'. Use \(known), a family such as job.*, or * for all."
                )
            }
            types.formUnion(found)
        }
    }

    /// What is no name of an event is not said again: it may be a secret that was put in the wrong place.
    private static func shown(_ pattern: String) -> String {
        pattern.wholeMatch(of: /[a-z.*_]{1,50}/) == nil || pattern.hasPrefix("whsec_") ? "…" : pattern
    }

    /// A test goes to one webhook, whatever it subscribes to.
    private static let subscribable = Self.allCases.filter { $0 != .webhookTest }

    private func matches(_ pattern: String) -> Bool {
        guard pattern.hasSuffix("*") else { return pattern == self.rawValue }
        // An answer to it confirms that money was given back: who only listens must not get it by accident.
        guard self != .tokensRefundDue else { return false }
        return pattern == "*" || pattern.hasSuffix(".*") && self.rawValue.hasPrefix(pattern.dropLast())
    }
}
