/// What is to be written in one transaction, where the state is still the one it was worked out from.
public struct AlertChange: Hashable, Sendable {
    /// The state as it will be.
    public var state: AlertState
    /// What others are told; `nil` for a step that is nobody else's business.
    public var event: AlertEvent?
}
