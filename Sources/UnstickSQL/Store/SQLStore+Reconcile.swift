public import Unstick

extension SQLStore {
    /// Checks the whole ledger, as of one moment.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        let parameters = try await self.engine.readKeyFacts().merging(["limit": .integer(max(limit, 1))]) { $1 }
        let checks = self.engine.map.reconciliation
        return try await self.engine.snapshot(
            [SQLCall(self.engine.map.ledgerSize)] + checks.map { SQLCall($0.sql, parameters) }
        ) { results in
            try Reconciliation(size: results[0], checks: checks.map(\.check), found: Array(results.dropFirst()))
        }
    }
}
