/// What the tables and columns are called that a pass works on.
///
/// The statements take every name from here; Unstick's own tables are the default.
package struct TableMap: Hashable, Sendable {
    /// The jobs.
    package struct Jobs: Hashable, Sendable {
        package var table: Identifier = "jobs"
        package var id: Identifier = "id"
        package var userID: Identifier = "user_id"
        package var kind: Identifier = "kind"
        package var tier: Identifier = "tier"
        package var cost: Identifier = "cost"
        package var status: Identifier = "status"
        package var attempt: Identifier = "attempt"
        package var charge: Identifier = "charge"
        package var startedAt: Identifier = "processing_started_at"
        package var updatedAt: Identifier = "updated_at"
        package var completedAt: Identifier = "processing_completed_at"
        package var timedOutAfter: Identifier = "timed_out_after"
    }

    /// The users' balances, one row a user.
    package struct Balances: Hashable, Sendable {
        package var table: Identifier = "balances"
        package var userID: Identifier = "user_id"
        package var balance: Identifier = "balance"
        package var sequence: Identifier = "sequence"
        package var updatedAt: Identifier = "updated_at"
    }

    /// The append-only list of token transactions.
    package struct Ledger: Hashable, Sendable {
        package var table: Identifier = "token_transactions"
        package var userID: Identifier = "user_id"
        package var sequence: Identifier = "sequence"
        package var id: Identifier = "id"
        package var amount: Identifier = "amount"
        package var kind: Identifier = "type"
        package var source: Identifier = "source"
        package var sourceID: Identifier = "source_id"
        package var balanceAfter: Identifier = "balance_after"
        package var metadata: Identifier = "metadata"
        package var createdAt: Identifier = "created_at"
    }

    package var jobs = Jobs()
    package var balances = Balances()
    package var ledger = Ledger()

    /// Unstick's own tables.
    package static let unstick = TableMap()
}
