import Synchronization

/// The policy in force, which may be replaced while others go by it.
public final class PolicySource: Sendable {
    private let policy: Mutex<Policy>
    private let timeout: Duration?

    /// Makes a source; the standard policy unless set.
    ///
    /// - Parameters:
    ///   - policy: the policy.
    ///   - timeout: takes the place of the timeout of every rule, also of a policy that is put in force later. Runs, lists,
    ///     metrics and alerts that go by this source then all go by it.
    public init(_ policy: Policy = Policy(), timeout: Duration? = nil) {
        self.policy = Mutex(timeout.map { policy.with(timeout: $0) } ?? policy)
        self.timeout = timeout
    }

    /// The policy in force now.
    public var current: Policy { self.policy.withLock { $0 } }

    /// Puts another policy in force, whole.
    public func replace(by policy: Policy) {
        let inForce = self.timeout.map { policy.with(timeout: $0) } ?? policy
        self.policy.withLock { $0 = inForce }
    }
}
