import Synchronization

/// When jobs are stuck and what happens then: rules in order, of which the first match applies.
public struct Policy: Hashable, Sendable {
    /// The rules, in order.
    public var rules: [Rule]
    /// The rule for jobs that match no other rule.
    public var standard: Rule
    /// The check against implausible numbers of stuck jobs.
    public var massFailureGuard: MassFailureGuard

    /// Makes a policy; without arguments, five minutes for every job.
    public init(
        rules: [Rule] = [],
        standard: Rule = Rule(),
        massFailureGuard: MassFailureGuard = MassFailureGuard()
    ) {
        self.rules = rules
        self.standard = standard
        self.massFailureGuard = massFailureGuard
    }

    /// The rule for such jobs.
    public func rule(kind: String, tier: String?) -> Rule {
        self.rules.first { $0.matches(kind: kind, tier: tier) } ?? self.standard
    }

    /// Every rule, the standard one last.
    public var allRules: [Rule] { self.rules + [self.standard] }

    /// The policy with another timeout in every rule: the `timeoutMs` of a request.
    package func with(timeout: Duration) -> Policy {
        var policy = self
        policy.standard.timeout = timeout
        for index in policy.rules.indices { policy.rules[index].timeout = timeout }
        return policy
    }
}

/// The policy in force, which may be replaced while other tasks use it.
public final class PolicySource: Sendable {
    private let policy: Mutex<Policy>
    private let timeout: Duration?

    /// Makes a source; the standard policy unless set.
    ///
    /// - Parameters:
    ///   - policy: the policy.
    ///   - timeout: replaces the timeout of every rule, also of a policy that is put into force later. Runs, lists,
    ///     metrics and alerts that use this source then all use it.
    public init(_ policy: Policy = Policy(), timeout: Duration? = nil) {
        self.policy = Mutex(timeout.map { policy.with(timeout: $0) } ?? policy)
        self.timeout = timeout
    }

    /// The policy in force now.
    public var current: Policy { self.policy.withLock { $0 } }

    /// Puts another policy into force, as a whole.
    public func replace(by policy: Policy) {
        let inForce = self.timeout.map { policy.with(timeout: $0) } ?? policy
        self.policy.withLock { $0 = inForce }
    }
}
