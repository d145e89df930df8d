package import Unstick

extension Policy {
    /// The place of the rule that applies to these jobs; `nil` for the standard rule.
    package func place(of group: JobGroup) -> Int? {
        self.rules.firstIndex { $0.matches(kind: group.kind ?? "", tier: group.tier) }
    }

    /// Sets the timeout of exactly these jobs: in a rule for them, otherwise in a copy of their rule before it.
    ///
    /// The rule that applied before stays for all its other jobs. Of the jobs of a kind, those of a tier with a rule of
    /// its own are other jobs.
    mutating func set(_ timeout: Duration?, for group: JobGroup) {
        guard let kind = group.kind else {
            self.standard.timeout = timeout
            return
        }
        let place = self.place(of: group)
        if let place, self.rules[place].isOnly(for: group) {
            self.rules[place].timeout = timeout
            return
        }
        var rule = place.map { self.rules[$0] } ?? self.standard
        rule.name = [kind, group.tier].compactMap { $0 }.joined(separator: " / ")
        rule.kinds = [Pattern(kind)]
        rule.tiers = group.tier.map { [Pattern($0)] } ?? []
        rule.timeout = timeout
        self.rules.insert(rule, at: place ?? self.rules.endIndex)
    }
}

extension Rule {
    /// Whether the rule names this kind, or this kind and tier, and nothing else.
    package func isOnly(for group: JobGroup) -> Bool {
        self.kinds == [Pattern(group.kind ?? "")] && self.tiers == (group.tier.map { [Pattern($0)] } ?? [])
    }
}
