import Synchronization

/// When jobs are stuck and what happens then: rules in order, of which the first that matches holds.
public struct Policy: Hashable, Sendable {
    /// The rules, in order.
    public var rules: [Rule]
    /// What holds where no rule matches.
    public var standard: Rule
    /// What keeps a pass from failing too much at once.
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

    /// The rule that holds for such jobs.
    public func rule(kind: String, tier: String?) -> Rule {
        self.rules.first { $0.matches(kind: kind, tier: tier) } ?? self.standard
    }

    /// Every rule, the standard one last.
    public var allRules: [Rule] { self.rules + [self.standard] }

    /// The policy with another timeout in every rule: what a request's `timeoutMs` asks for.
    public func with(timeout: Duration) -> Policy {
        var policy = self
        policy.standard.timeout = timeout
        for index in policy.rules.indices { policy.rules[index].timeout = timeout }
        return policy
    }
}

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
