/// The side of a store that keeps what is being done with many jobs.
public protocol BulkStore: Sendable {
    /// Keeps an action that is to be done.
    func add(_ action: BulkAction) async throws

    /// The action, or `nil`.
    func bulkAction(_ id: String) async throws -> BulkAction?

    /// Actions, newest first, at most `limit`, those older than the action `before`.
    func bulkActions(before: String?, limit: Int) async throws -> [BulkAction]

    /// Takes the oldest action that goes on and that no server has, for a time.
    func claimBulkAction(holder: String, lease: Duration) async throws -> BulkAction?

    /// Writes where an action stands and keeps it for a further time.
    ///
    /// - Returns: whether it goes on: `false` when somebody stopped it, or another server has it by now.
    func save(_ action: BulkAction, holder: String, lease: Duration) async throws -> Bool

    /// Stops an action.
    ///
    /// - Returns: whether it was going on.
    func stopBulkAction(_ id: String) async throws -> Bool
}
