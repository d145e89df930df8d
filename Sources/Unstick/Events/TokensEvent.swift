/// What others are told about tokens that were given back, or that their own billing is to give back.
package struct TokensEvent: Event {
    package let type: EventType
    package var subject: String? { self.jobId }
    package let userID: String?
    private let jobId: String?
    private let amount: Int
    private let transactionId: String
    private let reason: String?
    private let runId: String?
    private let kind, tier: String?

    /// What a pass gave back for a job, or asks for.
    ///
    /// - Parameter transactionID: the key of the refund: it is given once.
    package init(_ type: EventType, for item: RunItem, of runID: String, transactionID: String) {
        self.type = type
        self.jobId = item.jobID
        self.userID = item.userID
        self.amount = item.tokensRefunded
        self.transactionId = transactionID
        self.reason = item.reason
        self.runId = runID
        self.kind = item.kind
        self.tier = item.tier
    }

    /// What a booking gave back; `nil` where it gave back nothing.
    package init?(_ transaction: NewTransaction) {
        guard transaction.amount > 0, [.refund, .release].contains(transaction.kind) else { return nil }
        self.type = .tokensRefunded
        self.jobId = transaction.sourceID
        self.userID = transaction.userID
        self.amount = transaction.amount
        self.transactionId = transaction.id
        self.reason = transaction.reason
        self.runId = nil
        self.kind = nil
        self.tier = nil
    }

    private enum CodingKeys: String, CodingKey {
        case userID = "userId"
        case jobId, amount, transactionId, reason, runId, kind, tier
    }
}
