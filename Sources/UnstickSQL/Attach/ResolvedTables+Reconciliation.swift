package import Unstick

extension ResolvedTables {
    /// The statement that counts the checked users, and the checked refunds or ledger lines.
    package var ledgerSize: String { self.isAttached ? AttachedReconcileStatements.size : ReconcileStatements.size }

    /// The checks of the ledger, each with its statement.
    package var reconciliation: [(check: Reconciliation.Check, sql: String)] {
        guard self.isAttached else { return ReconcileStatements.all.map { ($0.check, $0.sql) } }
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
