/// The sums of a user's lines.
///
/// Stored beside the balance and updated with it, so that the cost does not depend on the number of lines.
public struct LedgerSums: Hashable, Sendable {
    /// Charged tokens, as a positive number.
    public var spent = 0
    /// The number of charges.
    public var charges = 0
    /// Tokens refunded for work that was not delivered.
    public var refunded = 0
    /// The number of such refunds.
    public var refunds = 0
    /// Tokens of reservations that delivered work did not use.
    public var released = 0
    /// The number of such releases.
    public var releases = 0
    /// The sequence of the newest refund; `nil` where there is none.
    public var lastRefund: Int?

    /// Makes the sums of a user without lines.
    public init() {}
}

extension LedgerSums {
    /// What a new line adds.
    package init(_ line: NewTransaction) {
        switch line.kind {
        case .spend, .hold: (self.spent, self.charges) = (-line.amount, 1)
        case .refund, .release:
            if line.source == NewTransaction.leftOver {
                (self.released, self.releases) = (line.amount, 1)
            } else {
                (self.refunded, self.refunds) = (line.amount, 1)
            }
        case .grant, .adjustment: break
        }
    }
}

extension NewTransaction {
    /// The source of the unused part of a delivered job's charge: it is no refund for work that was not delivered.
    package static let leftOver = "job_completed"
}

extension ConsumptionStats {
    /// The same, shorter.
    package init(_ sums: LedgerSums) {
        self.init(
            spent: sums.spent,
            refunded: sums.refunded + sums.released,
            charges: sums.charges,
            refunds: sums.refunds + sums.releases
        )
    }
}

/// A user's refunds for work that was not delivered.
public struct UserRefunds: Hashable, Sendable, Encodable {
    /// The number of tokens.
    public var tokens: Int
    /// The number of refunds.
    public var count: Int
    /// The newest refund.
    public var last: TokenTransaction?

    private enum CodingKeys: String, CodingKey {
        case tokens, count, last
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.tokens, forKey: .tokens)
        try container.encode(self.count, forKey: .count)
        try container.encode(self.last, forKey: .last)
    }
}

extension TokenBalanceManager {
    /// A user's refunds for work that was not delivered, from the sums, however many lines followed.
    public func refunds(of userID: String) async throws -> UserRefunds {
        let sums = try await self.store.sums(of: userID)
        var refunds = UserRefunds(tokens: sums.refunded, count: sums.refunds, last: nil)
        if let sequence = sums.lastRefund {
            refunds.last = try await self.store.transactions(of: userID, before: sequence + 1, limit: 1).first
        }
        return refunds
    }
}
