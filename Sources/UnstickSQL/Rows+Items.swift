package import Unstick

// Rows that are read by the order of their columns, because there are many of them.

extension RunItem {
    /// The place of the time in ``RunStatements/items``, in the units of the dialect.
    package static let sinceColumn = 6

    package init(row: some StoredRow, _ dialect: any SQLDialect) {
        self.init(
            position: row.integer(at: 0) ?? 0,
            jobID: row.text(at: 1) ?? "",
            userID: row.text(at: 2) ?? "",
            kind: row.text(at: 3) ?? "",
            tier: row.text(at: 4),
            attempt: row.integer(at: 5) ?? 0,
            since: Timestamp(milliseconds: (row.integer(at: Self.sinceColumn) ?? 0) / dialect.itemTicks),
            action: row.text(at: 7).flatMap { Action(rawValue: $0) } ?? .error,
            amount: row.integer(at: 8) ?? 0,
            processingDuration: .milliseconds(row.integer(at: 9) ?? 0),
            stuckReason: StuckReason(
                rule: row.text(at: 11) ?? "",
                limit: row.text(at: 12).flatMap { LimitKind(rawValue: $0) } ?? .timeout,
                allowed: .milliseconds(row.integer(at: 13) ?? 0),
                measured: .milliseconds(row.integer(at: 14) ?? 0),
                worker: row.text(at: 15)
            ),
            retryAt: row.integer(at: 16).map { Timestamp(milliseconds: $0) },
            error: row.text(at: 10),
            source: row.text(at: 17)
        )
    }
}

extension ClaimedDelivery {
    package init(row: any StoredRow, _ dialect: any SQLDialect) {
        self.init(
            item: { RunItem(row: row, dialect) },
            text: { row.text(at: $0.rawValue) },
            integer: { row.integer(at: $0.rawValue) }
        )
    }
}

extension PastJob {
    package init?(row: any StoredRow) {
        func integer(_ column: PastJobStatements.Column) -> Int? { row.integer(at: column.rawValue) }
        func text(_ column: PastJobStatements.Column) -> String? { row.text(at: column.rawValue) }
        guard let outcome = integer(.outcome).flatMap(Outcome.init(rawValue:)), let createdAt = integer(.createdAt)
        else {
            return nil
        }
        self.init(
            id: text(.id) ?? "",
            kind: text(.kind) ?? "",
            tier: text(.tier),
            tokensCost: integer(.cost) ?? 0,
            createdAt: Timestamp(milliseconds: createdAt),
            startedAt: integer(.startedAt).map { Timestamp(milliseconds: $0) },
            endedAt: integer(.endedAt).map { Timestamp(milliseconds: $0) },
            outcome: outcome
        )
    }
}
