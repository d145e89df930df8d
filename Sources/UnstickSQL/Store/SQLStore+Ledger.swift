public import Unstick

extension SQLStore {
    /// The user's balance.
    public func balance(of userID: String) async throws -> Int {
        try self.requireOwnTables()
        return try await self.query(LedgerStatements.balance, ["user": .text(userID)]) {
            try $0.integer(required: "balance")
        }
        .first ?? 0
    }

    /// Books one line and changes the balance, both or neither.
    public func book(_ transaction: NewTransaction) async throws -> Booking {
        try self.requireOwnTables()
        try transaction.validate()
        let trace = TraceParent.current?.text
        let dialect = self.dialect
        let booking: Booking = try await self.engine.write(ifUnknown: .repeatIt) { open in
            let booking = try Self.book(transaction, in: open, dialect)
            if case .booked(let booked) = booking, let event = TokensEvent(transaction) {
                let id = RandomID.timeOrdered(at: booked.createdAt)
                _ = try open.run(Self.emission(of: NewEvent(event, id: id), trace: trace))
            }
            return booking
        }
        if case .booked = booking { RefundMetrics.refunded(by: transaction) }
        return booking
    }

    /// The user's lines, newest first.
    public func transactions(of userID: String, before: Int?, limit: Int) async throws -> [TokenTransaction] {
        try self.requireOwnTables()
        return try await self.query(
            LedgerStatements.history,
            ["user": .text(userID), "before": .integer(before ?? .max), "limit": .integer(limit)]
        ) { try TokenTransaction(row: $0) }
    }

    /// Those of these lines of the user that exist.
    public func transactions(of userID: String, keys: [String]) async throws -> [TokenTransaction] {
        try self.requireOwnTables()
        let user: SQLArguments = ["user": .text(userID)]
        return try await self.query(LedgerStatements.findAll(self.dialect), user, of: keys, in: "keys") {
            try TokenTransaction(row: $0)
        }
    }

    /// The refunds to the user, newest first.
    public func refunds(of userID: String, limit: Int) async throws -> [TokenTransaction] {
        try self.requireOwnTables()
        let parameters: SQLArguments = [
            "user": .text(userID), "window": .integer(Limits.window), "limit": .integer(limit),
        ]
        return try await self.query(LedgerStatements.refunds, parameters) { try TokenTransaction(row: $0) }
    }

    /// The sums of all of the user's lines.
    public func sums(of userID: String) async throws -> LedgerSums {
        try self.requireOwnTables()
        let user: SQLArguments = ["user": .text(userID)]
        let kept = try await self.query(LedgerStatements.keptSums, user) { try LedgerSums(row: $0) }.first
        if let kept { return kept }
        return try await self.query(LedgerStatements.countedSums, user) { try LedgerSums(row: $0) }.first
            ?? LedgerSums()
    }

    /// Refunds that calls booked, newest first.
    public func refundsByCalls(limit: Int) async throws -> [TokenTransaction] {
        try await self.query(LedgerStatements.newestByCalls(self.dialect), ["limit": .integer(limit)]) {
            try TokenTransaction(row: $0)
        }
    }

    /// The user's charges and refunds.
    public func consumption(of userID: String, since: Timestamp) async throws -> ConsumptionStats {
        try self.requireOwnTables()
        return try await self.query(
            LedgerStatements.consumption,
            ["user": .text(userID), "since": .integer(since.milliseconds)]
        ) { try ConsumptionStats(row: $0) }.first
            ?? ConsumptionStats(spent: 0, refunded: 0, charges: 0, refunds: 0)
    }

    /// Books a line within the caller's transaction.
    ///
    /// The balance is locked before any read: concurrent bookings for the same user wait.
    static func book(
        _ new: NewTransaction,
        in transaction: any SQLTransaction,
        _ dialect: any SQLDialect
    ) throws -> Booking {
        let user: SQLArguments = ["user": .text(new.userID)]
        func find(_ id: String) -> SQLCall {
            SQLCall(LedgerStatements.find, user.merging(["id": .text(id)]) { $1 })
        }
        let results = try transaction.run([
            SQLCall(LedgerStatements.ensureBalance, user), SQLCall(LedgerStatements.lockBalance(dialect), user),
            find(new.id), find(new.refundedCharge ?? ""), Self.find(new.sourceID ?? ""),
        ])
        if let known = try results[2].first.map({ try TokenTransaction(row: $0) }) { return try new.repeated(known) }
        try new.checkRefund(
            job: try results[4].first.map { try Job(row: $0) },
            charge: try results[3].first.map { try TokenTransaction(row: $0) }
        )
        let balance = try results[1].only().integer(required: "balance")
        let sequence = try results[1].only().integer(required: "sequence")
        try new.checkBalance(balance)
        let booked = try transaction.run([
            SQLCall(LedgerStatements.move, new.moving), SQLCall(LedgerStatements.counts, user),
            SQLCall(LedgerStatements.insert, new.arguments(sequence: sequence + 1, balanceAfter: balance + new.amount)),
            find(new.id),
        ])
        let counts = try booked[1].only()
        if try counts.integer(required: "counted") != counts.integer(required: "sequence") {
            try transaction.run(LedgerStatements.recount(dialect), user)
        }
        return .booked(try TokenTransaction(row: booked[3].only()))
    }
}
