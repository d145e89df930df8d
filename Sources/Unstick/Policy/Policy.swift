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
