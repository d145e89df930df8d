/// The users' prepaid tokens: balances, charges and refunds.
///
/// ```swift
/// let tokens = TokenBalanceManager(store: store)
/// try await tokens.addTokens(100, to: "ada")
/// try await tokens.consumeTokens(8, from: "ada", for: "render-17")
/// try await tokens.refundTokens(8, to: "ada", for: "render-17", reason: "the vendor refused the image")
/// ```
///
/// Safe to call from several tasks and several processes over one database.
public struct TokenBalanceManager: Sendable {
    /// The `source` of a refund when none is given.
    public static let refundSource = "enhancement_failed"

    let store: any LedgerStore
    private let actor: Actor?

    /// Makes a manager over a store.
    public init(store: any LedgerStore) {
        self.init(store: store, actor: nil)
    }

    /// Makes a manager for an administrator, whose name the lines have.
    init(store: any LedgerStore, actor: Actor?) {
        self.store = store
        self.actor = actor
    }

    /// The user's balance; 0 for an unknown user.
    public func balance(of userID: String) async throws -> Int {
        try Limits.checkText(userID, "user id")
        return try await self.store.balance(of: userID)
    }

    /// Whether the user could pay `amount` now.
    ///
    /// The charge itself checks again.
    public func hasEnoughTokens(_ amount: Int, for userID: String) async throws -> Bool {
        try await self.balance(of: userID) >= amount
    }

    /// Gives tokens to a user.
    ///
    /// - Parameters:
    ///   - amount: 1 to 2^53-1.
    ///   - userID: the user whose balance grows; a new user starts from 0.
    ///   - key: identifies this grant, for example an order number: the same key for the same user is booked once.
    ///     Without one, every call is a new grant.
    ///   - source: the system that books it.
    ///   - reason: a note for people.
    /// - Throws: ``UnstickError`` `amountOutOfRange`, `invalidArgument`, `conflict`.
    @discardableResult
    public func addTokens(
        _ amount: Int,
        to userID: String,
        key: String? = nil,
        source: String = "grant",
        reason: String? = nil
    ) async throws -> Booking {
        try Limits.checkAmount(amount, "amount")
        try Limits.checkNewID(userID, "user id")
        if let key { try Limits.checkID(key, "key") }
        var line = NewTransaction(
            id: "grant:" + (key ?? RandomID.uuid()),
            userID: userID,
            amount: amount,
            kind: .grant,
            source: source,
            sourceID: key,
            reason: reason
        )
        line.actor = self.actor
        return try await self.store.book(line)
    }

    /// Charges a user for a job that another system keeps.
    ///
    /// A second charge for the same job changes nothing.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`, `amountOutOfRange`, `invalidArgument`, `conflict`.
    @discardableResult
    public func consumeTokens(
        _ amount: Int,
        from userID: String,
        for jobID: String,
        source: String = "job"
    ) async throws -> Booking {
        try Limits.checkAmount(amount, "amount")
        try Limits.checkID(jobID, "job id")
        return try await self.store.book(
            NewTransaction(
                id: LedgerKey.spend(job: jobID, charge: 1),
                userID: userID,
                amount: -amount,
                kind: .spend,
                source: source,
                sourceID: jobID
            )
        )
    }

    /// Refunds the tokens of a job that was not delivered, once, however often it is called.
    ///
    /// - Throws: ``UnstickError`` `refundRefused` when the job was completed or less was charged, `amountOutOfRange`,
    ///   `invalidArgument`, `conflict`.
    @discardableResult
    public func refundTokens(
        _ amount: Int,
        to userID: String,
        for jobID: String,
        charge: Int = 1,
        source: String = TokenBalanceManager.refundSource,
        reason: String
    ) async throws -> Booking {
        try Limits.checkAmount(amount, "amount")
        try Limits.checkID(jobID, "job id")
        return try await self.store.book(
            NewTransaction(
                id: LedgerKey.refund(job: jobID, charge: charge),
                userID: userID,
                amount: amount,
                kind: .refund,
                source: source,
                sourceID: jobID,
                reason: reason
            )
        )
    }

    /// The user's transactions, newest first.
    ///
    /// - Parameters:
    ///   - userID: the user.
    ///   - before: the sequence of the last line of the page before; `nil` for the first page.
    ///   - limit: 1 to ``Limits/page``.
    public func transactionHistory(
        of userID: String,
        before: Int? = nil,
        limit: Int = 50
    ) async throws -> [TokenTransaction] {
        try Limits.checkText(userID, "user id")
        return try await self.store.transactions(of: userID, before: before, limit: min(max(limit, 1), Limits.page))
    }

    /// The user's charges and refunds since a time; of all time by default.
    public func consumptionStats(
        of userID: String,
        since: Timestamp = Timestamp(milliseconds: 0)
    ) async throws -> ConsumptionStats {
        try Limits.checkText(userID, "user id")
        guard since > Timestamp(milliseconds: 0) else { return ConsumptionStats(try await self.store.sums(of: userID)) }
        return try await self.store.consumption(of: userID, since: since)
    }
}
