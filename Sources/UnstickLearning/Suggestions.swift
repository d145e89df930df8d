public import Unstick

/// The limits that past jobs suggest.
public struct Suggestions: Sendable {
    /// The suggestion for the jobs of one kind and tier.
    public struct Line: Sendable {
        /// The basis of a suggestion.
        public enum Basis: String, Sendable, Codable {
            /// The jobs of this kind and tier.
            case own
            /// The jobs of this kind in all tiers that have too few by themselves.
            case kind
            /// All jobs: there are too few of this kind.
            case all
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
        /// The suggested timeout.
        public var suggested: Duration?
        /// How many completed jobs the suggestion would have failed.
        public var killedBySuggestion: Int
        /// The basis of the suggestion.
        public var basis: Basis
    }

    /// One line for each kind and tier, those with most jobs first, and one for all at the end.
    public let lines: [Line]
    /// The limits for a policy: first by kind and tier, then by kind, then the one for all others.
    public let limits: [(group: JobGroup, timeout: Duration)]
    /// The method.
    public let method: LimitMethod

    /// The share of a small kind's jobs that must be within the limit for all: one outlier must not raise it for
    /// everyone.
    private static let quantileOfFew = 0.99

    /// Makes suggestions from learned durations.
    public init(_ learned: LearnedDurations, policy: Policy, method: LimitMethod = LimitMethod()) {
        self.method = method
        var limits: [JobGroup: Duration] = [:]
        var rest: [ExactText: Durations] = [:]
        for (group, past) in learned.groups {
            guard let kind = group.kind, !kind.contains("*") else { continue }
            if let tier = group.tier, !tier.contains("*"), let limit = method.limit(forSome: past.durations) {
                limits[group] = limit
            } else {
                rest[kind.exact, default: Durations()].add(past.durations)
            }
        }
        var needed = Duration.zero
        for (kind, durations) in rest {
            if let limit = method.limit(forSome: durations) {
                limits[JobGroup(kind: kind.text, tier: nil)] = limit
            } else {
                needed = max(needed, durations.quantile(Self.quantileOfFew))
            }
        }
        // A small kind that is slower than all others needs a limit that does not fail its jobs.
        limits[.all] = method.limit(forAll: learned.all).map { max($0, method.rounded(needed * method.factor)) }
        self.limits = limits.map { ($0.key, $0.value) }.sorted { Self.order($0.group) < Self.order($1.group) }
        var lines = learned.groups.map { group, past in
            Self.line(group, past, limits, policy.rule(kind: group.kind ?? "", tier: group.tier))
        }
        lines.sort {
            $0.durations.count == $1.durations.count
                ? Self.order($0.group) < Self.order($1.group) : $0.durations.count > $1.durations.count
        }
        let killed = learned.groups.values.reduce(0) { $0 + $1.killed }
        let everything = LearnedDurations.Group(durations: learned.all, killed: killed)
        lines.append(Self.line(.all, everything, limits, policy.standard))
        self.lines = lines
    }

    /// First tiers, then kinds, then all jobs.
    private static func order(_ group: JobGroup) -> (Int, ExactText, ExactText) {
        (group.kind == nil ? 2 : group.tier == nil ? 1 : 0, (group.kind ?? "").exact, (group.tier ?? "").exact)
    }

    private static func line(
        _ group: JobGroup,
        _ past: LearnedDurations.Group,
        _ limits: [JobGroup: Duration],
        _ rule: Rule
    ) -> Line {
        let ofKind = JobGroup(kind: group.kind, tier: nil)
        let basis: Line.Basis =
            if group == .all {
                limits[.all] == nil ? .tooFew : .all
            } else if limits[group] != nil {
                .own
            } else if limits[ofKind] != nil {
                .kind
            } else {
                limits[.all] == nil ? .tooFew : .all
            }
        let suggested = limits[group] ?? limits[ofKind] ?? limits[.all]
        return Line(
            group: group,
            durations: past.durations,
            rule: rule.name,
            limit: rule.timeout,
            killed: past.killed,
            suggested: suggested,
            killedBySuggestion: suggested.map { past.durations.count(above: $0) } ?? 0,
            basis: basis
        )
    }

    /// A policy with these limits; its other values stay.
    public func applied(to policy: Policy) -> Policy {
        var applied = policy
        var learned: [Rule] = []
        for (group, timeout) in self.limits {
            guard let kind = group.kind else {
                applied.standard.timeout = timeout
                continue
            }
            var rule = policy.rule(kind: kind, tier: group.tier)
            rule.name = [kind, group.tier].compactMap { $0 }.joined(separator: " / ")
            rule.kinds = [Pattern(kind)]
            rule.tiers = group.tier.map { [Pattern($0)] } ?? []
            rule.timeout = timeout
            learned.append(rule)
        }
        applied.rules = learned + policy.rules
        return applied
    }
}
