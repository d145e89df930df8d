extension TokenTransaction: Encodable {
    private enum Key: String, CodingKey {
        case id, sequence, amount, type, source, sourceId, balanceAfter, metadata, createdAt
    }

    /// Encodes the documented shape; the metadata as a JSON object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.sequence, forKey: .sequence)
        try container.encode(self.amount, forKey: .amount)
        try container.encode(self.kind, forKey: .type)
        try container.encode(self.source, forKey: .source)
        try container.encode(self.sourceID, forKey: .sourceId)
        try container.encode(self.balanceAfter, forKey: .balanceAfter)
        try container.encode(JSONText(self.metadata), forKey: .metadata)
        try container.encode(self.createdAt, forKey: .createdAt)
    }
}

extension ConsumptionStats: Encodable {
    private enum Key: String, CodingKey {
        case spent, refunded, net, charges, refunds
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.spent, forKey: .spent)
        try container.encode(self.refunded, forKey: .refunded)
        try container.encode(self.net, forKey: .net)
        try container.encode(self.charges, forKey: .charges)
        try container.encode(self.refunds, forKey: .refunds)
    }
}

/// A user's tokens as the command line and the API return them.
package struct TokenStatement: Hashable, Sendable, Encodable {
    /// The user.
    package var userId: String
    /// The user's balance.
    package var balance: Int
    /// The sums of all charges and refunds.
    package var stats: ConsumptionStats
    /// The refunds for work that was not delivered, with the latest.
    package var refunds: UserRefunds
    /// The latest transactions, newest first.
    package var transactions: [TokenTransaction]
    /// Where the next page starts; absent on the last one.
    package var nextCursor: String?
}

extension TokenBalanceManager {
    /// The user's balance, statistics and one page of transactions.
    ///
    /// - Parameters:
    ///   - userID: the user.
    ///   - before: the sequence of the last line of the page before; `nil` for the first page.
    ///   - limit: 1 to ``Limits/page``.
    package func statement(of userID: String, before: Int? = nil, limit: Int = 50) async throws -> TokenStatement {
        let transactions = try await self.transactionHistory(of: userID, before: before, limit: limit)
        return TokenStatement(
            userId: userID,
            balance: try await self.balance(of: userID),
            stats: try await self.consumptionStats(of: userID),
            refunds: try await self.refunds(of: userID),
            transactions: transactions,
            nextCursor: transactions.count == limit ? transactions.last.map { String($0.sequence) } : nil
        )
    }
}

extension Reconciliation: Encodable {
    private enum Key: String, CodingKey {
        case clean, users, transactions, mismatchCount, mismatches
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.isClean, forKey: .clean)
        try container.encode(self.users, forKey: .users)
        try container.encode(self.transactions, forKey: .transactions)
        try container.encode(self.mismatchCount, forKey: .mismatchCount)
        try container.encode(self.mismatches, forKey: .mismatches)
    }
}

extension Reconciliation.Mismatch: Encodable {
    private enum Key: String, CodingKey {
        case check, explanation, userId, subject, expected, actual
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.check.rawValue, forKey: .check)
        try container.encode(self.check.explanation, forKey: .explanation)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.subject, forKey: .subject)
        try container.encode(self.expected, forKey: .expected)
        try container.encode(self.actual, forKey: .actual)
    }
}
