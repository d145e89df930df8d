import Unstick
import UnstickServer

/// Tokens that an admin gives to a user, or sets right.
struct TokenBooking {
    /// What is done with them.
    enum Kind: String, CaseIterable {
        case grant, adjust
    }

    let kind: Kind
    let amount: Int
    let reason: String
    /// What makes it itself: the same key again is the same booking.
    let key: String

    /// What stands in the ledger as the source.
    private static let source = "admin"

    /// Reads it from a form.
    ///
    /// - Throws: what is wrong, before anything is written down.
    init(_ form: Form) throws {
        self.kind = try form.word(required: "kind")
        let amount = try form.text(required: "amount", "The amount")
        self.amount = try Self.amount(amount, isSigned: self.kind == .adjust)
        self.reason = try form.text(required: "reason", "The reason")
        guard self.reason.utf8.count <= Limits.noteBytes,
            !self.reason.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else {
            throw Problem.badRequest(
                "The reason must be one line of at most \(Limits.noteBytes.grouped) bytes. Nothing was booked.",
                parameter: "reason"
            )
        }
        self.key = try form.text(required: "key", "The key of the form")
        try Limits.checkID(self.key, "key")
    }

    /// Reads an amount as people write it.
    ///
    /// A comma sets thousands apart and nothing else: "1,5" is no amount, and never fifteen.
    private static func amount(_ text: String, isSigned: Bool) throws -> Int {
        let match = text.wholeMatch(of: /([+\-−]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)/)
        guard let match, isSigned || match.1.isEmpty else {
            let example = isSigned ? "such as -20 or +1,000" : "without a sign, such as 100 or 1,000"
            throw Problem.badRequest(
                "The amount must be a whole number of tokens, \(example). Nothing was booked.",
                parameter: "amount"
            )
        }
        let most = Limits.tokens
        guard let number = Int(match.2.replacing(",", with: "")), 1...most ~= number else {
            throw Problem.badRequest(
                "The amount must be from 1 to \(most.grouped) tokens. Nothing was booked.",
                parameter: "amount"
            )
        }
        return match.1.isEmpty || match.1 == "+" ? number : -number
    }

    /// Books it once, with a record of who asked for it and what came of it.
    func book(for userID: String, in store: any Store, by actor: Actor) async throws -> Booking {
        let act = actor.act(
            self.kind == .grant ? .grantTokens : .adjustTokens,
            userID,
            detail: "\(self.amount.signed): \(self.reason)"
        )
        return try await store.audited(act, outcome: \.words) {
            switch self.kind {
            case .grant: try await self.grant(to: userID, in: store)
            case .adjust: try await store.book(self.adjustment(of: userID))
            }
        }
    }

    private func grant(to userID: String, in store: any Store) async throws -> Booking {
        try await TokenBalanceManager(store: store)
            .addTokens(self.amount, to: userID, key: self.key, source: Self.source, reason: self.reason)
    }

    private func adjustment(of userID: String) -> NewTransaction {
        NewTransaction(
            id: "adjust:" + self.key,
            userID: userID,
            amount: self.amount,
            kind: .adjustment,
            source: Self.source,
            sourceID: self.key,
            reason: self.reason
        )
    }
}

extension Booking {
    /// Whether it was booked now, and not before.
    var isNew: Bool {
        if case .booked = self { true } else { false }
    }

    /// What came of it, for the record.
    fileprivate var words: String { self.isNew ? AuditEntry.done : "booked before; nothing was booked again" }
}
