/// The role of a store that keeps the state of the alerts, shared by all servers.
public protocol AlertStore: Sendable {
    /// The states of the alerts; an alert that was never checked is left out.
    func alerts() async throws -> [AlertState]

    /// Writes the new state of an alert and its event, both or neither, if the state is still as it was read.
    ///
    /// - Parameters:
    ///   - change: the new state and its event.
    ///   - old: the state that the change was computed from.
    /// - Returns: whether it was written; `false` when another server was first.
    func write(_ change: AlertChange, over old: AlertState) async throws -> Bool
}

/// A new state and its event, written in one transaction if the old state is unchanged.
public struct AlertChange: Hashable, Sendable {
    /// The new state.
    public var state: AlertState
    /// The event; `nil` for a step that has none.
    package var event: AlertEvent?
}
