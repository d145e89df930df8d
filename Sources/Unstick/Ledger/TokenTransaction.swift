/// One line of the ledger.
///
/// Lines are only ever added; a balance is their sum.
public struct TokenTransaction: Hashable, Sendable {
    /// Why tokens moved.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Granted or bought.
        case grant = "GRANT"
        /// Charged for a job.
        case spend = "SPEND"
        /// Refunded because a job was not delivered.
        case refund = "REFUND"
        /// Reserved for a job until it is delivered: a charge that is not final yet.
        case hold = "HOLD"
        /// Released from a reservation, in whole or in part.
        case release = "RELEASE"
        /// Corrected by an operator, or carried over by an import.
        case adjustment = "ADJUSTMENT"
    }

    /// The key, unique for this user.
    ///
    /// It is derived from what is booked (`refund:<job>:<charge>`), so that booking the same thing twice gives one
    /// line.
    public var id: String
    /// The user.
    public var userID: String
    /// 1, 2, 3, … without gaps for each user: the order of the ledger.
    public var sequence: Int
    /// Tokens added; negative for a charge.
    public var amount: Int
    /// The kind of transaction.
    public var kind: Kind
    /// The system that booked it, for example `enhancement_failed`.
    public var source: String
    /// The subject, for example a job's id.
    public var sourceID: String?
    /// The balance after this line.
    public var balanceAfter: Int
    /// A JSON object with the reason and further fields.
    public var metadata: String
    /// When it was booked.
    public var createdAt: Timestamp

    /// Makes a line from its stored fields.
    public init(
        id: String,
        userID: String,
        sequence: Int,
        amount: Int,
        kind: Kind,
        source: String,
        sourceID: String?,
        balanceAfter: Int,
        metadata: String,
        createdAt: Timestamp
    ) {
        self.id = id
        self.userID = userID
        self.sequence = sequence
        self.amount = amount
        self.kind = kind
        self.source = source
        self.sourceID = sourceID
        self.balanceAfter = balanceAfter
        self.metadata = metadata
        self.createdAt = createdAt
    }
}

/// A line to book.
public struct NewTransaction: Hashable, Sendable {
    /// The key; see ``TokenTransaction/id``.
    public var id: String
    /// The user.
    public var userID: String
    /// Tokens to add; negative for a charge.
    ///
    /// Never 0.
    public var amount: Int
    /// The kind of transaction.
    public var kind: TokenTransaction.Kind
    /// The system that books it.
    public var source: String
    /// The subject.
    public var sourceID: String?
    /// The reason for people; goes into the metadata.
    public var reason: String?
    /// The administrator behind it; goes into the metadata.
    package var actor: Actor?

    /// Makes a line to book.
    public init(
        id: String,
        userID: String,
        amount: Int,
        kind: TokenTransaction.Kind,
        source: String,
        sourceID: String? = nil,
        reason: String? = nil
    ) {
        self.id = id
        self.userID = userID
        self.amount = amount
        self.kind = kind
        self.source = source
        self.sourceID = sourceID
        self.reason = reason
    }

    /// Checks every field's range.
    ///
    /// - Throws: ``UnstickError`` with `invalidArgument` or `amountOutOfRange`, naming the field.
    package func validate() throws {
        try Limits.checkID(self.userID, "user id")
        try Limits.checkID(self.source, "source")
        if let sourceID { try Limits.checkID(sourceID, "source id") }
        guard self.amount != .min else {
            throw UnstickError(.amountOutOfRange, "The amount must be at most \(Limits.tokens) tokens either way.")
        }
        try Limits.checkAmount(abs(self.amount), "amount")
        try Limits.checkText(self.reason ?? "", "reason")
    }
}

/// The outcome of a booking.
public enum Booking: Hashable, Sendable {
    /// It was booked now.
    case booked(TokenTransaction)
    /// The same line was already booked; nothing changed.
    case alreadyBooked(TokenTransaction)

    /// The line in the ledger, in both cases.
    public var transaction: TokenTransaction {
        switch self {
        case .booked(let transaction), .alreadyBooked(let transaction): transaction
        }
    }
}
