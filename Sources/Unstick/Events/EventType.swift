/// The types of events; `docs/events.md` lists their fields.
public enum EventType: String, Sendable, Codable, CaseIterable {
    /// A run failed a stuck job, or only reported it.
    case jobTimedOut = "job.timed_out"
    /// A job returned to the queue.
    case jobRetried = "job.retried"
    /// A job that timed out too often failed, and is not retried until an operator requeues it.
    case jobQuarantined = "job.quarantined"
    /// A worker completed an attempt that a run had timed out, and was refused.
    case jobCompletionRefused = "job.completion_refused"
    /// A job was completed after a run had failed it.
    case jobCompletedLate = "job.completed_late"
    /// A worker reported that its attempt failed.
    case jobFailed = "job.failed"
    /// A job was cancelled.
    case jobCancelled = "job.cancelled"
    /// A failed or cancelled job was put back into the queue.
    case jobRequeued = "job.requeued"
    /// Tokens were refunded.
    case tokensRefunded = "tokens.refunded"
    /// A refund that a team's own billing must make; sent until it is confirmed.
    case tokensRefundDue = "tokens.refund_due"
    /// A run succeeded.
    case cleanupCompleted = "cleanup.completed"
    /// A run could not continue.
    case cleanupFailed = "cleanup.failed"
    /// A run was stopped before it changed anything.
    case cleanupHeld = "cleanup.held"
    /// Jobs were held: no run changes them until an operator decides.
    case holdOpened = "hold.opened"
    /// A run was due, and no server ran it.
    case cleanupMissed = "cleanup.missed"
    /// An alert fires.
    case alertFiring = "alert.firing"
    /// An alert ended.
    case alertResolved = "alert.resolved"
    /// A webhook was disabled.
    case webhookDisabled = "webhook.disabled"
    /// A test of a webhook.
    case webhookTest = "webhook.test"
    /// The ledger does not add up.
    case ledgerMismatch = "ledger.mismatch"

    /// The version of the fields of events.
    ///
    /// Fields may be added under the same version; nothing else changes.
    package static let version = 1

    /// The types that a list of patterns selects.
    ///
    /// - Parameter patterns: types, families such as `job.*`, or `*` for all but `tokens.refund_due`, which must be named.
    /// - Throws: ``UnstickError`` `invalidArgument` for a pattern that selects none.
    package static func matching(_ patterns: [String]) throws -> Set<EventType> {
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

    /// A pattern that is no event name is not repeated, because it may be a secret in the wrong place.
    private static func shown(_ pattern: String) -> String {
        pattern.wholeMatch(of: /[a-z.*_]{1,50}/) == nil || pattern.hasPrefix("whsec_") ? "…" : pattern
    }

    /// A test goes to one webhook, whatever its subscription.
    private static let subscribable = Self.allCases.filter { $0 != .webhookTest }

    private func matches(_ pattern: String) -> Bool {
        guard pattern.hasSuffix("*") else { return pattern == self.rawValue }
        // An answer to it confirms a refund, so a subscriber must name it.
        guard self != .tokensRefundDue else { return false }
        return pattern == "*" || pattern.hasSuffix(".*") && self.rawValue.hasPrefix(pattern.dropLast())
    }
}
