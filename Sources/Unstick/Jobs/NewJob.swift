/// A job to be created, together with its charge.
public struct NewJob: Hashable, Sendable {
    /// The job's id, unique among all users; 1 to 200 bytes.
    public var id: String
    /// Who pays; 1 to 200 bytes.
    public var userID: String
    /// What sort of work it is; 1 to 200 bytes.
    public var kind: String
    /// The price class, if there are several.
    public var tier: String?
    /// What it costs, in tokens: 0 to 2^53-1.
    public var tokensCost: Int

    /// Makes a job to be created.
    public init(id: String, userID: String, kind: String, tier: String? = nil, tokensCost: Int) {
        self.id = id
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
    }

    /// Checks every field's range.
    ///
    /// - Throws: ``UnstickError`` with `invalidArgument` or `amountOutOfRange`, naming the field.
    package func validate() throws {
        try Limits.checkID(self.id, "job id")
        try Limits.checkID(self.userID, "user id")
        try Limits.checkID(self.kind, "kind")
        if let tier { try Limits.checkID(tier, "tier") }
        if tokensCost != 0 { try Limits.checkAmount(self.tokensCost, "cost") }
    }
}

extension NewJob {
    /// What a job that has the id already means for this one.
    ///
    /// - Throws: ``UnstickError`` `conflict` when it is a different job.
    package func repeated(_ known: Job) throws -> Job {
        guard
            known.userID == self.userID, known.kind == self.kind, known.tier == self.tier,
            known.tokensCost == self.tokensCost
        else {
            throw UnstickError(.conflict, "There is a job '\(self.id)' already, and it is a different one.")
        }
        return known
    }

    /// The charge that pays for it.
    package var spend: NewTransaction {
        NewTransaction(
            id: LedgerKey.spend(job: self.id, charge: 1),
            userID: self.userID,
            amount: -self.tokensCost,
            kind: .spend,
            source: "job",
            sourceID: self.id
        )
    }
}
