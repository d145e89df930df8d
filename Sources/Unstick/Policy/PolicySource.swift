import Synchronization

/// The policy in force, which may be replaced while others go by it.
public final class PolicySource: Sendable {
    private let policy: Mutex<Policy>

    /// Makes a source; the standard policy unless set.
    public init(_ policy: Policy = Policy()) {
        self.policy = Mutex(policy)
    }

    /// The policy in force now.
    public var current: Policy { self.policy.withLock { $0 } }

    /// Puts another policy in force, whole.
    public func replace(by policy: Policy) {
        self.policy.withLock { $0 = policy }
    }
}
