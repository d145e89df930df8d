/// What others are told about tokens that a call gave back; those of a pass are told by its items.
package struct TokensEvent: Event {
    package let type = EventType.tokensRefunded
    package var subject: String? { self.jobId }
    package let userID: String?
    private let jobId: String?
    private let amount: Int
    private let transactionId: String
    private let reason: String?

    /// What a booking gave back; `nil` where it gave back nothing.
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
