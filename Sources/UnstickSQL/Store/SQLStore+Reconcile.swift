public import Unstick

extension SQLStore {
    /// Checks the whole ledger, as of one moment.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        let facts = try await self.engine.readKeyFacts().merging(["limit": .integer(max(limit, 1))]) { $1 }
        let checks = self.engine.map.checks
        let size = self.engine.map.isAttached ? AttachedReconcileStatements.size : ReconcileStatements.size
        return try await self.engine.snapshot([SQLCall(size)] + checks.map { SQLCall($0.sql, facts) }) { results in
            try Reconciliation(size: results[0], checks: checks.map(\.check), found: Array(results.dropFirst()))
        }
    }
}

extension TableMap {
    /// What must hold over these tables.
    fileprivate var checks: [(check: Reconciliation.Check, sql: String)] {
        guard self.isAttached else { return ReconcileStatements.all }
        var checks = [(Reconciliation.Check.refundMissing, AttachedReconcileStatements.refundMissing)]
        if let completed = self.jobs.isCompleted {
            checks.append((.refundOfCompleted, AttachedReconcileStatements.refundOfCompleted(self.jobs, completed)))
        }
        if let balances = self.balances, let isUnknown = balances.isUnknown {
            checks.append((.nullBalance, AttachedReconcileStatements.nullBalance(balances, isUnknown)))
        }
        return checks
    }
}
