public import Unstick

extension SQLStore {
    /// Checks the whole ledger, as of one moment.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        let parameters = try await self.engine.readKeyParameters().merging(["limit": .integer(max(limit, 1))]) { $1 }
        let checks = self.engine.map.reconciliation
        return try await self.engine.snapshot(
            [SQLCall(self.engine.map.ledgerSize)] + checks.map { SQLCall($0.sql, parameters) }
        ) { results in
            try Reconciliation(size: results[0], checks: checks.map(\.check), found: Array(results.dropFirst()))
        }
    }
}

extension Reconciliation {
    /// - Parameters:
    ///   - size: the numbers of users and lines; see ``ReconcileStatements/size``.
    ///   - checks: the checks, in order.
    ///   - found: the result of each check.
    fileprivate init(size: any SQLResult, checks: [Check], found: some Sequence<any SQLResult>) throws {
        self.init(
            users: try size.only().integer(required: "users"),
            transactions: try size.only().integer(required: "transactions"),
            mismatchCount: 0,
            mismatches: []
        )
        for (check, result) in zip(checks, found) {
            self.mismatchCount += result.first?.integer("total") ?? 0
            self.mismatches += try result.rows.map { try Mismatch(check: check, row: $0) }
        }
    }
}
