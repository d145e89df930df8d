/// The role of a store that keeps the ledger.
public protocol LedgerStore: Sendable {
    /// The user's balance; 0 for a user that the ledger does not know.
    func balance(of userID: String) async throws -> Int

    /// Books one line and changes the balance, both or neither. A line with a known key is booked once.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`, `amountOutOfRange`, `refundRefused`, or `conflict` when the key was
    ///   used for something else.
    func book(_ transaction: NewTransaction) async throws -> Booking

    /// The user's lines with a lower sequence than `before`, newest first, at most `limit`.
    func transactions(of userID: String, before: Int?, limit: Int) async throws -> [TokenTransaction]

    /// Those of these lines of the user that exist, in no order.
    func transactions(of userID: String, keys: [String]) async throws -> [TokenTransaction]

    /// The refunds to the user, newest first, at most `limit`, among the newest ``Limits/window`` lines.
    func refunds(of userID: String, limit: Int) async throws -> [TokenTransaction]

    /// The sums of all of the user's lines.
    func sums(of userID: String) async throws -> LedgerSums

    /// Refunds that calls booked, not runs, of all users, newest first, at most `limit`.
    func refundsByCalls(limit: Int) async throws -> [TokenTransaction]

    /// The user's charges and refunds since a time.
    func consumption(of userID: String, since: Timestamp) async throws -> ConsumptionStats

    /// Checks the whole ledger against the balances and the jobs.
    ///
    /// - Parameter limit: the most mismatches of each kind to list; all are counted.
    func reconcile(limit: Int) async throws -> Reconciliation
}

/// A user's charges and refunds in a period.
public struct ConsumptionStats: Hashable, Sendable {
    /// Charged tokens, as a positive number.
    public var spent: Int
    /// Refunded tokens.
    public var refunded: Int
    /// The number of charges.
    public var charges: Int
    /// The number of refunds.
    public var refunds: Int

    /// Charges minus refunds.
    public var net: Int { self.spent - self.refunded }

    /// Makes the statistics.
    public init(spent: Int, refunded: Int, charges: Int, refunds: Int) {
        self.spent = spent
        self.refunded = refunded
        self.charges = charges
        self.refunds = refunds
    }
}
