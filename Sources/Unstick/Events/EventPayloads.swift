/// The event of a job that a call changed.
package struct JobEvent: Event {
    package let type: EventType
    package var subject: String? { self.jobId }
    package let userID: String?
    private let jobId: String
    private let kind: String
    private let tier: String?
    private let attempt: Int
    private let tokensRefunded, tokensCharged: Int
    private let reason: String?
    private let retryAt: Timestamp?

    init(_ type: EventType, of job: Job, reason: String?, transaction: NewTransaction? = nil) {
        self.type = type
        self.jobId = job.id
        self.userID = job.userID
        self.kind = job.kind
        self.tier = job.tier
        self.attempt = job.attempt
        self.reason = reason
        self.retryAt = job.status == .pending ? job.availableAt : nil
        let amount = transaction?.amount ?? 0
        self.tokensRefunded = max(amount, 0)
        self.tokensCharged = max(-amount, 0)
    }

    private enum CodingKeys: String, CodingKey {
        case userID = "userId"
        case jobId, kind, tier, attempt, tokensRefunded, tokensCharged, reason, retryAt
    }
}

/// The event of a late completion.
package struct LateCompletionEvent: Event {
    package let type: EventType
    package var subject: String? { self.jobId }
    package let userID: String?
    private let jobId: String
    private let kind: String
    private let tier: String?
    private let attempt: Int
    private let tokensRefunded = 0
    private let tokensCharged = 0
    private let reason: String
    private let startedAt: Timestamp
    private let durationMs: Int

    package init(_ late: LateCompletion) {
        self.type = late.isRefused ? .jobCompletionRefused : .jobCompletedLate
        self.userID = late.userID
        self.jobId = late.jobID
        self.kind = late.kind
        self.tier = late.tier
        self.attempt = late.attempt
        self.reason =
            late.isRefused ? "the attempt had timed out before" : "completed after it had timed out"
        self.startedAt = late.startedAt
        self.durationMs = late.duration.inMilliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case userID = "userId"
        case jobId, kind, tier, attempt, tokensRefunded, tokensCharged, reason, startedAt, durationMs
    }
}

/// The event of tokens that a call refunded; the refunds of a run are events of its items.
package struct TokensEvent: Event {
    package let type = EventType.tokensRefunded
    package var subject: String? { self.jobId }
    package let userID: String?
    private let jobId: String?
    private let amount: Int
    private let transactionId: String
    private let reason: String?

    /// What a booking refunded; `nil` where it refunded nothing.
    package init?(_ transaction: NewTransaction) {
        guard transaction.amount > 0, [.refund, .release].contains(transaction.kind) else { return nil }
        self.jobId = transaction.sourceID
        self.userID = transaction.userID
        self.amount = transaction.amount
        self.transactionId = transaction.id
        self.reason = transaction.reason
    }

    private enum CodingKeys: String, CodingKey {
        case userID = "userId"
        case jobId, amount, transactionId, reason
    }
}

/// The event of a job that a run handled: its run item, as a run's page shows it.
package struct ItemEvent {
    private let item: RunItem
    private let runID: String

    package init(_ item: RunItem, of runID: String) {
        self.item = item
        self.runID = runID
    }

    /// The fields of the event, as JSON.
    package var payload: String {
        var fields = JSONFields()
        fields.add("runId", self.runID)
        fields.add("position", self.item.position)
        fields.add("jobId", self.item.jobID)
        fields.add("userId", self.item.userID)
        fields.add("kind", self.item.kind)
        fields.add("tier", self.item.tier)
        fields.add("attempt", self.item.attempt)
        fields.add("action", self.item.action.rawValue)
        fields.add("tokensRefunded", self.item.tokensRefunded)
        fields.add("processingDuration", self.item.processingDuration.inMilliseconds)
        fields.add("reason", self.item.reason)
        fields.add("rule", self.item.stuckReason.rule)
        fields.add("limit", self.item.stuckReason.limit.rawValue)
        fields.add("limitMs", self.item.stuckReason.allowed.inMilliseconds)
        fields.add("measuredMs", self.item.stuckReason.measured.inMilliseconds)
        fields.add("worker", self.item.stuckReason.worker)
        fields.add("retryAt", self.item.retryAt?.description)
        fields.add("error", self.item.error)
        if let source = self.item.source { fields.add("source", source) }
        return fields.text
    }

    /// The tokens that are refunded, or due.
    ///
    /// - Parameter transactionID: the key of the refund, which is booked once.
    package func tokensPayload(transactionID: String) -> String {
        var fields = JSONFields()
        fields.add("runId", self.runID)
        fields.add("jobId", self.item.jobID)
        fields.add("userId", self.item.userID)
        fields.add("kind", self.item.kind)
        fields.add("tier", self.item.tier)
        fields.add("amount", self.item.tokensRefunded)
        fields.add("transactionId", transactionID)
        fields.add("reason", self.item.reason)
        if let source = self.item.source { fields.add("source", source) }
        return fields.text
    }
}

/// The event of a run.
package struct RunEvent: Event {
    package let type: EventType
    /// The key of the event: a record that is written again sends it once.
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
    /// The event of the run in its state; `nil` where it has none.
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

/// The event of a hold that was opened.
package struct HoldEvent: Event {
    package let type = EventType.holdOpened
    private let holdId: String
    private let scope: Hold.Scope
    private let kind: String?
    private let jobs: Int
    private let reason: String
    private let openedAt: Timestamp

    package init(_ hold: Hold) {
        self.holdId = hold.id
        self.scope = hold.scope
        self.kind = hold.kind
        self.jobs = hold.jobs
        self.reason = hold.reason
        self.openedAt = hold.openedAt
    }

    private enum CodingKeys: String, CodingKey {
        case holdId, scope, kind, jobs, reason, openedAt
    }
}

/// The event of an endpoint.
package struct WebhookEvent: Event {
    package let type = EventType.webhookDisabled
    private let endpointId, url, reason: String

    package init(disabled endpoint: WebhookEndpoint) {
        self.endpointId = endpoint.id
        self.url = endpoint.url
        self.reason = endpoint.disabled?.reason ?? ""
    }

    private enum CodingKeys: String, CodingKey {
        case endpointId, url, reason
    }
}
