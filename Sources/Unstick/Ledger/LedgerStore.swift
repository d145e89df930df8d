/// The ledger side of a store.
public protocol LedgerStore: Sendable {
    /// The user's balance; 0 for a user that the ledger does not know.
    func balance(of userID: String) async throws -> Int

    /// Books one line and moves the balance, both or neither. A line with a known key is booked once.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`, `amountOutOfRange`, `refundRefused`, or `conflict` when the key was
    ///   used for something else.
    func book(_ transaction: NewTransaction) async throws -> Booking

    /// The user's lines, newest first, at most `limit`, those with a lower sequence than `before`.
    func transactions(of userID: String, before: Int?, limit: Int) async throws -> [TokenTransaction]

    /// Those of these lines of the user that there are, in no order.
    func transactions(of userID: String, keys: [String]) async throws -> [TokenTransaction]

    /// What came back to the user, newest first, at most `limit`, among the newest ``Limits/window`` lines.
    func refunds(of userID: String, limit: Int) async throws -> [TokenTransaction]

    /// What all of the user's lines come to.
    func sums(of userID: String) async throws -> LedgerSums

    /// Refunds that calls booked and no run, of all users, newest first, at most `limit`.
    func refundsByCalls(limit: Int) async throws -> [TokenTransaction]

    /// What the user spent and got back since a moment.
    func consumption(of userID: String, since: Timestamp) async throws -> ConsumptionStats

    /// Checks the whole ledger against the balances and the jobs.
    ///
    /// - Parameter limit: how many mismatches of each kind are listed; all are counted.
    func reconcile(limit: Int) async throws -> Reconciliation
}

/// What a user spent and got back in a time.
public struct ConsumptionStats: Hashable, Sendable {
    /// Tokens taken by charges, as a positive number.
    public var spent: Int
    /// Tokens given back by refunds.
    public var refunded: Int
    /// How many charges.
    public var charges: Int
    /// How many refunds.
    public var refunds: Int

    /// What was used up in the end.
    public var net: Int { self.spent - self.refunded }

    /// Makes the statistics.
    public init(spent: Int, refunded: Int, charges: Int, refunds: Int) {
        self.spent = spent
        self.refunded = refunded
        self.charges = charges
        self.refunds = refunds
    }
}
