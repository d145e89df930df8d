/// What others are told about a job that somebody changed by a call.
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
