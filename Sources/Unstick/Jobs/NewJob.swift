/// A job to be created, together with its charge.
public struct NewJob: Hashable, Sendable {
    /// The job's id, unique among all users; 1 to 200 bytes.
    public var id: String
    /// The user who pays; 1 to 200 bytes.
    public var userID: String
    /// The kind of work; 1 to 200 bytes.
    public var kind: String
    /// The price class, if there are several.
    public var tier: String?
    /// What it costs, in tokens: 0 to 2^53-1.
    public var tokensCost: Int
    /// How it is paid for.
    public var chargeKind: ChargeKind
    /// The input for the worker, as JSON of at most ``Limits/payloadBytes``.
    public var payload: String?
    /// Identifies this creation: the same key again is the same job; 1 to 200 bytes.
    public var idempotencyKey: String?

    /// Makes a job to be created.
    public init(
        id: String,
        userID: String,
        kind: String,
        tier: String? = nil,
        tokensCost: Int,
        chargeKind: ChargeKind = .charge,
        payload: String? = nil,
        idempotencyKey: String? = nil
    ) {
        self.id = id
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
        self.chargeKind = chargeKind
        self.payload = payload
        self.idempotencyKey = idempotencyKey
    }

    /// Checks every field's range.
    ///
    /// - Throws: ``UnstickError`` with `invalidArgument` or `amountOutOfRange`, naming the field.
    package func validate() throws {
        try Limits.checkNewJobID(self.id)
        try Limits.checkNewID(self.userID, "user id")
        try Limits.checkID(self.kind, "kind")
        if let tier { try Limits.checkID(tier, "tier") }
        if let idempotencyKey { try Limits.checkID(idempotencyKey, "idempotency key") }
        guard (self.payload ?? "").utf8.count <= Limits.payloadBytes else {
            throw UnstickError(.invalidArgument, "The payload must have at most \(Limits.payloadBytes) bytes.")
        }
        if let fault = self.payload.flatMap(JSONText.fault) {
            throw UnstickError(.invalidArgument, "The payload is not valid JSON. \(fault.reason)")
        }
        if tokensCost != 0 { try Limits.checkAmount(self.tokensCost, "cost") }
    }
}

extension NewJob {
    /// Compares this creation with a stored job that has the same id or idempotency key.
    ///
    /// - Throws: ``UnstickError`` `conflict` when it is a different job.
    package func repeated(_ known: Job) throws -> Job {
        guard
            known.userID.isExactly(self.userID), known.kind.isExactly(self.kind), known.tier.isExactly(self.tier),
            known.tokensCost == self.tokensCost, known.chargeKind == self.chargeKind,
            JSONText.areSame(known.payload, self.payload)
        else {
            throw UnstickError(
                .conflict,
                "A different job, '\(known.id)', already has this id or idempotency key."
            )
        }
        return known
    }

    /// The charge that pays for it.
    package var spend: NewTransaction {
        self.chargeKind.charge(self.tokensCost, for: self.id, of: self.userID, number: 1)
    }
}

extension ChargeKind {
    /// The line that charges a job.
    ///
    /// - Parameter number: 1 for the first charge, one more for each time the job is charged again.
    package func charge(_ cost: Int, for job: String, of user: String, number: Int) -> NewTransaction {
        NewTransaction(
            id: LedgerKey.spend(job: job, charge: number),
            userID: user,
            amount: -cost,
            kind: self == .hold ? .hold : .spend,
            source: "job",
            sourceID: job
        )
    }
}

extension Job {
    /// The line that refunds tokens of the open charge.
    package func refundLine(_ amount: Int, source: String, reason: String) -> NewTransaction {
        NewTransaction(
            id: LedgerKey.refund(job: self.id, charge: self.charge),
            userID: self.userID,
            amount: amount,
            kind: self.chargeKind == .hold ? .release : .refund,
            source: source,
            sourceID: self.id,
            reason: reason
        )
    }
}
