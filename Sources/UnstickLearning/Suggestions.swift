public import Unstick

/// The limits that past jobs suggest.
///
/// Only kinds and tiers with enough jobs of their own get a shorter limit. The limit of all other jobs, and of kinds
/// and tiers with few jobs, only gets longer.
public struct Suggestions: Sendable {
    /// The suggestion for the jobs of one kind and tier.
    public struct Line: Sendable {
        /// The basis of a suggestion.
        public enum Basis: String, Sendable, Codable {
            /// The jobs of this kind and tier.
            case own
            /// The slowest job of this kind and tier, because there are too few for a quantile: only a longer limit.
            case slowest
            /// All jobs, because there are too few of this kind: only a longer limit.
            case all
            /// There are too few jobs of this kind and tier for a shorter limit, and none needs a longer one: the limit
            /// in force stays. So does the one for all other jobs, which also covers kinds without history.
            case kept
            /// There are too few jobs in total.
            case tooFew
        }

        /// The jobs; without a kind, all jobs without a suggestion of their own.
        public var group: JobGroup
        /// Their durations.
        public var durations: Durations
        /// Their current rule.
        public var rule: String
        /// Its timeout.
        public var limit: Duration?
        /// How many completed jobs its timeout would have failed.
        public var killed: Int
        /// The suggested timeout; `nil` where the limit in force stays.
        public var suggested: Duration?
        /// How many completed jobs the suggestion would have failed.
        public var killedBySuggestion: Int
        /// The suggestion loses at most one in this many of the good jobs to come; `nil` without a suggestion.
        ///
        /// It is what the sample supports: 1 in n + 1 for `n` jobs, and never better than the quantile.
        public var boundOneIn: Int?
        /// The basis of the suggestion.
        public var basis: Basis
    }

    /// One line for each kind and tier, those with most jobs first, and one for all at the end.
    public let lines: [Line]
    /// The limits for a policy: first by kind and tier, then by kind, then the one for all others.
    ///
    /// Where a kind gets a limit and also has tiers, the tier `*` keeps the limit in force, `nil` for none, for its
    /// other tiers.
    public let limits: [(group: JobGroup, timeout: Duration?)]
    /// The method.
    public let method: LimitMethod

    /// Makes suggestions from learned durations.
    ///
    /// - Parameters:
    ///   - learned: the durations.
    ///   - policy: the policy in force.
    ///   - method: how limits are computed from the durations.
    public init(_ learned: LearnedDurations, policy: Policy, method: LimitMethod = LimitMethod()) {
        self.method = method
        let limits = LearnedLimits(learned, policy: policy, method: method)
        self.limits = limits.ordered
        var lines = learned.groups.map { group, past in
            Self.line(group, past, policy.rule(kind: group.kind ?? "", tier: group.tier), limits, method)
        }
        lines.sort {
            $0.durations.count == $1.durations.count
                ? $0.group.order < $1.group.order : $0.durations.count > $1.durations.count
        }
        let killed = learned.groups.values.reduce(0) { $0 + $1.killed }
        let everything = LearnedDurations.Group(durations: learned.all, killed: killed)
        lines.append(Self.line(.all, everything, policy.standard, limits, method))
        self.lines = lines
    }

    private static func line(
        _ group: JobGroup,
        _ past: LearnedDurations.Group,
        _ rule: Rule,
        _ limits: LearnedLimits,
        _ method: LimitMethod
    ) -> Line {
        let basis = limits.basis(for: group)
        let after = group.kind.map { limits.policy.rule(kind: $0, tier: group.tier) } ?? limits.policy.standard
        let suggested = basis.isSuggestion ? after.timeout : nil
        let killed = suggested.map { past.durations.count(above: $0) } ?? 0
        return Line(
            group: group,
            durations: past.durations,
            rule: rule.name,
            limit: rule.timeout,
            killed: past.killed,
            suggested: suggested,
            killedBySuggestion: killed,
            boundOneIn: suggested.map { _ in method.boundOneIn(past.durations.count, over: killed) },
            basis: basis
        )
    }

    /// A policy with these limits; its other values stay.
    public func applied(to policy: Policy) -> Policy {
        self.limits.reduce(into: policy) { $0.set($1.timeout, for: $1.group) }
    }
}

extension Suggestions.Line.Basis {
    /// Whether it is the basis of another limit than the one in force.
    fileprivate var isSuggestion: Bool { ![.kept, .tooFew].contains(self) }
}
