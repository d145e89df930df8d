public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Checks the whole ledger, as of one moment.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        let facts = Self.facts(of: try await self.currentSource()).merging(["limit": .integer(max(limit, 1))]) { $1 }
        return try await self.transact(
            ifUnknown: .repeatIt,
            mode: " ISOLATION LEVEL REPEATABLE READ READ ONLY",
            limit: Self.longLimit
        ) { transaction in
            let checks = self.checks
            let results = try transaction.run(
                [SQLCall(self.isAttached ? AttachedReconcileStatements.size : ReconcileStatements.size)]
                    + checks.map { SQLCall($0.sql, facts) },
                searchPath: nil
            )
            return try Reconciliation(
                size: results[0],
                checks: checks.map(\.check),
                found: results.dropFirst().map { $0 }
            )
        }
    }

    /// Whether the jobs are in a team's own tables.
    var isAttached: Bool { self.map.searchPath != nil }

    private var checks: [(check: Reconciliation.Check, sql: String)] {
        guard self.isAttached else {
            return ReconcileStatements.all.map { ($0.check, $0.sql) }
        }
        var checks = [(Reconciliation.Check.refundMissing, AttachedReconcileStatements.refundMissing)]
        if let completed = self.map.jobs.isCompleted {
            checks.append((.refundOfCompleted, AttachedReconcileStatements.refundOfCompleted(self.map.jobs, completed)))
        }
        if let balances = self.map.balances, let isUnknown = balances.isUnknown {
            checks.append((.nullBalance, AttachedReconcileStatements.nullBalance(balances, isUnknown)))
        }
        return checks
    }
}
