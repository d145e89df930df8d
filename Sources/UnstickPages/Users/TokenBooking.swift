import Unstick
import UnstickServer

/// A grant or a correction by an admin.
struct TokenBooking {
    /// The kind of booking.
    enum Kind: String, CaseIterable {
        case grant, adjust
    }

    let kind: Kind
    let amount: Int
    let reason: String
    /// Identifies the booking: the same key again is the same booking.
    let key: String

    /// The source in the ledger.
    private static let source = "admin"

    /// Reads it from a form.
    ///
    /// - Throws: the error, before anything is recorded.
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

    /// Parses an amount.
    ///
    /// A comma is only a thousands separator: "1,5" is no amount, and never fifteen.
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

    /// Books it once.
    func book(for userID: String, by administration: Administration) async throws -> Booking {
        switch self.kind {
        case .grant:
            try await administration.grant(
                self.amount,
                to: userID,
                key: self.key,
                source: Self.source,
                reason: self.reason
            )
        case .adjust:
            try await administration.adjust(
                self.amount,
                of: userID,
                key: self.key,
                source: Self.source,
                reason: self.reason
            )
        }
    }
}

/// The forms for bookings by an admin.
///
/// Each has its own key, so that it is booked once however often it is sent.
struct BookForms {
    var action: String
    var grantKey = RandomID.uuid()
    var adjustKey = RandomID.uuid()
}
