extension Administration {
    /// Gives tokens to a user.
    ///
    /// - Parameters:
    ///   - amount: the number of tokens.
    ///   - userID: the user.
    ///   - key: identifies this grant: the same key for the same user is booked once.
    ///   - source: the `source` of the ledger line.
    ///   - reason: why, for people.
    /// - Throws: what ``TokenBalanceManager/addTokens(_:to:key:source:reason:)`` throws.
    package func grant(
        _ amount: Int,
        to userID: String,
        key: String?,
        source: String,
        reason: String?
    ) async throws -> Booking {
        try await self.perform(.grantTokens, userID, detail: Self.detail(amount, reason), outcome: \.outcome) {
            try await TokenBalanceManager(store: self.store, actor: self.actor)
                .addTokens(amount, to: userID, key: key, source: source, reason: reason)
        }
    }

    /// Corrects the balance of a user by a positive or negative amount.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`, `amountOutOfRange`, `invalidArgument`, `conflict`.
    package func adjust(
        _ amount: Int,
        of userID: String,
        key: String,
        source: String,
        reason: String
    ) async throws -> Booking {
        var line = NewTransaction(
            id: "adjust:" + key,
            userID: userID,
            amount: amount,
            kind: .adjustment,
            source: source,
            sourceID: key,
            reason: reason
        )
        line.actor = self.actor
        return try await self.perform(
            .adjustTokens,
            userID,
            detail: Self.detail(amount, reason),
            outcome: \.outcome
        ) { [line] in try await self.store.book(line) }
    }

    private static func detail(_ amount: Int, _ reason: String?) -> String {
        amount.signed + (reason.map { ": \($0)" } ?? "")
    }
}

extension Booking {
    /// Whether it was booked now, and not before.
    package var isNew: Bool {
        if case .booked = self { true } else { false }
    }

    /// Describes the outcome.
    fileprivate var outcome: String { self.isNew ? AuditEntry.done : "booked before; nothing was booked again" }
}
