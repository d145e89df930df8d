/// The rights on Unstick's own tables that every command but `migrate` needs.
///
/// All tables can be read. The ledger can be added to, never changed.
package enum TableRights {
    /// What a user may do with these tables beside reading them.
    package static let writing: [(rights: [String], tables: [String])] = [
        (
            ["INSERT", "UPDATE"],
            [
                "jobs", "balances", "runs", "schedules", "access_tokens", "alerts", "refunds", "audit", "bulk_actions",
                "sources", "cursors", "holds",
            ]
        ),
        (["INSERT"], ["token_transactions", "late_completions"]),
        (["INSERT", "DELETE"], ["events", "run_items"]),
        (
            ["INSERT", "UPDATE", "DELETE"],
            [
                "staged_jobs", "held_jobs", "first_looks", "leases", "pauses", "sessions", "webhook_endpoints",
                "webhook_subscriptions", "webhook_deliveries",
            ]
        ),
    ]
}
