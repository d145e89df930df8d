/// The alerts' side of a store: where each stands, for all servers together.
public protocol AlertStore: Sendable {
    /// Where the alerts stand; one that was never looked at is left out.
    func alerts() async throws -> [AlertState]

    /// Writes where an alert stands now and tells of it, both or neither, if it stands where it was read.
    ///
    /// - Parameters:
    ///   - change: the new state, and what is told.
    ///   - old: the state that it was worked out from.
    /// - Returns: whether it was written; `false` when another server was first.
    func write(_ change: AlertChange, over old: AlertState) async throws -> Bool
}

/// What is to be written in one transaction, where the state is still the one it was worked out from.
public struct AlertChange: Hashable, Sendable {
    /// The state as it will be.
    public var state: AlertState
    /// The event; `nil` for a step that has none.
    public var event: AlertEvent?
}
