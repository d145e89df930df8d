package import Unstick

extension Reconciliation {
    /// - Parameters:
    ///   - size: the numbers of users and lines; see ``ReconcileStatements/size``.
    ///   - checks: the checks, in order.
    ///   - found: the result of each check.
    package init(size: any SQLResult, checks: [Check], found: some Sequence<any SQLResult>) throws {
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
