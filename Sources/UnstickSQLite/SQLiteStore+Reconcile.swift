public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Checks the whole ledger, as of one moment.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        let checks = ReconcileStatements.all.map { SQLCall($0.sql, ["limit": .integer(max(limit, 1))]) }
        return try await self.read([SQLCall(ReconcileStatements.size)] + checks) { results in
            try Reconciliation(
                size: results[0],
                checks: ReconcileStatements.all.map(\.check),
                found: results.dropFirst()
            )
        }
    }
}
