/// What a user's lines come to.
///
/// Kept beside the balance and moved with it, so that it costs the same whatever the number of lines.
public struct LedgerSums: Hashable, Sendable {
    /// Tokens taken by charges, as a positive number.
    public var spent = 0
    /// How many charges.
    public var charges = 0
    /// Tokens given back for work that was not delivered.
    public var refunded = 0
    /// How many such refunds.
    public var refunds = 0
    /// Tokens that delivered work left over of what was set aside for it.
    public var released = 0
    /// How often that was.
    public var releases = 0
    /// The sequence of the newest refund; `nil` where there is none.
    public var lastRefund: Int?

    /// Makes the sums of a user without lines.
    public init() {}
}

extension LedgerSums {
    /// What one line that is to be booked adds.
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
    /// The source of what a delivered job left over of its charge: it is no refund for work that was not delivered.
    package static let leftOver = "job_completed"
}

extension ConsumptionStats {
    /// The same in short.
    package init(_ sums: LedgerSums) {
        self.init(
            spent: sums.spent,
            refunded: sums.refunded + sums.released,
            charges: sums.charges,
            refunds: sums.refunds + sums.releases
        )
    }
}

/// Whether a user was refunded for work that was not delivered.
public struct UserRefunds: Hashable, Sendable, Encodable {
    /// Tokens in all.
    public var tokens: Int
    /// How many refunds.
    public var count: Int
    /// The newest of them.
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
    /// Whether a user was ever refunded, how much in all, and when last, however many lines came later.
    public func refunds(of userID: String) async throws -> UserRefunds {
        let sums = try await self.store.sums(of: userID)
        var refunds = UserRefunds(tokens: sums.refunded, count: sums.refunds, last: nil)
        if let sequence = sums.lastRefund {
            refunds.last = try await self.store.transactions(of: userID, before: sequence + 1, limit: 1).first
        }
        return refunds
    }
}
