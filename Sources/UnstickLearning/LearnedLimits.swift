import Unstick

/// The limits that past jobs suggest for a policy, and the basis of each.
///
/// Only the jobs of a kind or tier with enough history get a shorter limit. All other limits only get longer, because
/// they also cover jobs that no history describes.
struct LearnedLimits {
    /// The limit of each group that gets one.
    private(set) var limits: [JobGroup: (timeout: Duration?, basis: Suggestions.Line.Basis)] = [:]
    /// The policy with these limits.
    private(set) var policy: Policy
    private let method: LimitMethod
    private let isEnough: Bool

    init(_ learned: LearnedDurations, policy: Policy, method: LimitMethod) {
        self.policy = policy
        self.method = method
        let all = method.limit(forAll: learned.all)
        self.isEnough = all != nil
        guard let all else { return }
        if let standard = policy.standard.timeout, all > standard { self.set(all, .all, for: .all) }
        self.learnOwn(learned.groups)
        self.raise(learned.groups)
    }

    /// The limits in the order in which a policy takes them: first by kind and tier, then by kind, then the one for all
    /// others.
    var ordered: [(group: JobGroup, timeout: Duration?)] {
        self.limits.map { ($0.key, $0.value.timeout) }.sorted { $0.0.order < $1.0.order }
    }

    /// The basis of what these jobs get.
    func basis(for group: JobGroup) -> Suggestions.Line.Basis {
        guard self.isEnough else { return .tooFew }
        if let limit = self.limits[group] { return limit.basis }
        guard group != .all else { return .kept }
        return self.policy.place(of: group) == nil && self.limits[.all] != nil ? .all : .kept
    }

    private mutating func set(_ timeout: Duration?, _ basis: Suggestions.Line.Basis, for group: JobGroup) {
        self.limits[group] = (timeout, basis)
        self.policy.set(timeout, for: group)
    }

    /// Limits for kinds and tiers with enough jobs.
    private mutating func learnOwn(_ groups: [JobGroup: LearnedDurations.Group]) {
        for (group, past) in groups.ordered where group.canHaveRule {
            if let limit = self.method.limit(forSome: past.durations) { self.set(limit, .own, for: group, in: groups) }
        }
    }

    /// Sets a limit that the jobs of a group show.
    ///
    /// The jobs of a kind without a tier say nothing about its tiers. If it has any, these keep the limit in force, also
    /// those that appear later.
    private mutating func set(
        _ timeout: Duration,
        _ basis: Suggestions.Line.Basis,
        for group: JobGroup,
        in groups: [JobGroup: LearnedDurations.Group]
    ) {
        let (before, tiers) = (self.policy, group.allTiers)
        self.set(timeout, basis, for: group)
        guard group.tier == nil, groups.keys.contains(where: { $0.isTier(of: group) }),
            before.place(of: tiers) == before.place(of: group)
        else { return }
        self.set(before.rule(kind: group.kind ?? "", tier: tiers.tier).timeout, .kept, for: tiers)
    }

    /// Longer limits for kinds and tiers with too few jobs for a quantile, where their slowest job needs that.
    private mutating func raise(_ groups: [JobGroup: LearnedDurations.Group]) {
        for (group, past) in groups.ordered where group.canHaveRule && !self.method.isEnough(past.durations) {
            let needed = self.method.limit(forFew: past.durations)
            let rule = self.policy.rule(kind: group.kind ?? "", tier: group.tier)
            if let timeout = rule.timeout, needed > timeout { self.set(needed, .slowest, for: group, in: groups) }
        }
    }
}

extension LearnedDurations {
    /// One limit for all jobs that promises each kind and tier what limits of their own would; `nil` for too few jobs.
    func singleLimit(by method: LimitMethod) -> Duration? {
        method.limit(forAll: self.all).map { limit in
            let few = self.groups.values.map(\.durations).filter { !method.isEnough($0) }
            return few.map { method.limit(forFew: $0) }.reduce(limit, max)
        }
    }
}

extension [JobGroup: LearnedDurations.Group] {
    /// In the same order in each run.
    fileprivate var ordered: [(key: JobGroup, value: LearnedDurations.Group)] {
        self.sorted { $0.key.order < $1.key.order }
    }
}

extension JobGroup {
    /// First tiers, then kinds, then all jobs.
    var order: (Int, ExactText, ExactText) {
        (self.breadth, (self.kind ?? "").exact, (self.tier ?? "").exact)
    }

    /// 0 for a tier, 1 for a kind, 2 for all jobs.
    package var breadth: Int { self.kind == nil ? 2 : self.tier == nil ? 1 : 0 }

    /// The jobs of the kind that have a tier.
    fileprivate var allTiers: JobGroup { JobGroup(kind: self.kind, tier: "*") }

    /// Whether these are jobs of a tier of this kind.
    fileprivate func isTier(of kind: JobGroup) -> Bool { self.tier != nil && self.kind.isExactly(kind.kind) }

    /// Whether a rule can name exactly these jobs: a star in a rule stands for any text.
    fileprivate var canHaveRule: Bool {
        [self.kind, self.tier].allSatisfy { $0.map { !$0.isEmpty && !$0.contains("*") } ?? true }
    }
}
