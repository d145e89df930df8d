/// The role of a store that keeps bulk actions.
public protocol BulkStore: Sendable {
    /// Stores an action that is to run.
    func add(_ action: BulkAction) async throws

    /// The action, or `nil`.
    func bulkAction(_ id: String) async throws -> BulkAction?

    /// Actions older than the action `before`, newest first, at most `limit`.
    func bulkActions(before: String?, limit: Int) async throws -> [BulkAction]

    /// Claims the oldest action in progress that no server has, for a time.
    func claimBulkAction(holder: String, lease: Duration) async throws -> BulkAction?

    /// Saves the progress of an action and extends the claim.
    ///
    /// - Returns: `false` when the action was stopped, or another server has claimed it.
    func save(_ action: BulkAction, holder: String, lease: Duration) async throws -> Bool

    /// Stops an action.
    ///
    /// - Returns: whether the action was in progress.
    func stopBulkAction(_ id: String) async throws -> Bool
}
