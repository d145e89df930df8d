/// One line of the ledger.
///
/// Lines are only ever added; a balance is their sum.
public struct TokenTransaction: Hashable, Sendable {
    /// Why tokens moved.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Given or bought.
        case grant = "GRANT"
        /// Taken as the charge for a job.
        case spend = "SPEND"
        /// Returned because a job was not delivered.
        case refund = "REFUND"
        /// Set aside for a job until it is delivered: a charge that is not final yet.
        case hold = "HOLD"
        /// Returned from what was set aside, wholly or in part.
        case release = "RELEASE"
        /// Set right by hand, or carried over by an import.
        case adjustment = "ADJUSTMENT"
    }

    /// The key, unique for this user.
    ///
    /// It is derived from what is booked (`refund:<job>:<charge>`), so that booking the same thing twice is one line.
    public var id: String
    /// Whose tokens.
    public var userID: String
    /// 1, 2, 3, … without gaps for each user: the order of the ledger.
    public var sequence: Int
    /// Tokens added; negative when taken.
    public var amount: Int
    /// Why.
    public var kind: Kind
    /// What booked it, for example `enhancement_failed`.
    public var source: String
    /// What it was booked for, for example a job's id.
    public var sourceID: String?
    /// The balance once this line counts.
    public var balanceAfter: Int
    /// A JSON object with the reason and further facts.
    public var metadata: String
    /// When it was booked.
    public var createdAt: Timestamp

    /// Makes a line from its stored facts.
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

/// A line that is to be booked.
public struct NewTransaction: Hashable, Sendable {
    /// The key; see ``TokenTransaction/id``.
    public var id: String
    /// Whose tokens.
    public var userID: String
    /// Tokens to add; negative to take.
    ///
    /// Never 0.
    public var amount: Int
    /// Why.
    public var kind: TokenTransaction.Kind
    /// What books it.
    public var source: String
    /// What it is booked for.
    public var sourceID: String?
    /// The reason for people; goes into the metadata.
    public var reason: String?
    /// The administrator who causes it; goes into the metadata.
    package var actor: Actor?

    /// Makes a line that is to be booked.
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

/// What became of a line that was to be booked.
public enum Booking: Hashable, Sendable {
    /// It was booked now.
    case booked(TokenTransaction)
    /// The same line was there already; nothing changed.
    case alreadyBooked(TokenTransaction)

    /// The line in the ledger, whoever booked it.
    public var transaction: TokenTransaction {
        switch self {
        case .booked(let transaction), .alreadyBooked(let transaction): transaction
        }
    }
}
