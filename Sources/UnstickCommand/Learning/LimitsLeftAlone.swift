import Unstick
import UnstickLearning

/// The limits that suggestions leave alone, and why, a line each.
struct LimitsLeftAlone {
    /// The most kinds and tiers that are listed.
    static let most = 10

    let lines: [String]

    /// - Parameters:
    ///   - before: the policy as it was written before.
    ///   - after: the policy with the suggestions.
    init(_ suggestions: Suggestions, before: Policy, after: Policy) {
        let changed = Set(suggestions.limits.map(\.group))
        var lines: [String] = []
        if !changed.contains(.all) {
            lines.append(
                "defaults: \(before.standard.still); they also cover kinds without history, so learning never makes them shorter."
            )
        }
        lines += Self.wideRules(changed, in: before).filter { rule in
            after.rules.contains(rule) && !changed.contains { rule.isOnly(for: $0) }
        }.map {
            "rule \($0.name): \($0.still); it also covers other kinds or tiers."
        }
        let kept = suggestions.lines.filter { line in
            // A rule may inherit longer defaults.
            line.basis == .kept && line.group != .all && before.limit(of: line) == after.limit(of: line)
        }
        lines += kept.prefix(Self.most).map { line in
            let name = [line.group.kind, line.group.tier].compactMap { $0 }.joined(separator: " / ")
            return
                "\(name): \(Self.still(before.limit(of: line))); it has \(line.durations.count.of("completed job")), "
                + "and a shorter limit needs \(suggestions.method.minimumOwnJobs.grouped)."
        }
        if kept.count > Self.most {
            lines.append("\((kept.count - Self.most).grouped) more with too few completed jobs keep their limits.")
        }
        self.lines = lines
    }

    /// The rules before which other rules are inserted.
    private static func wideRules(_ changed: Set<JobGroup>, in policy: Policy) -> [Rule] {
        let places = changed.filter { $0.kind != nil }.compactMap { group in
            policy.place(of: group).flatMap { policy.rules[$0].isOnly(for: group) ? nil : $0 }
        }
        return Set(places).sorted().map { policy.rules[$0] }
    }

    fileprivate static func still(_ limit: Duration?) -> String { limit.map { "still \($0.text)" } ?? "still no limit" }
}

extension Policy {
    /// The timeout of these jobs.
    fileprivate func limit(of line: Suggestions.Line) -> Duration? {
        self.rule(kind: line.group.kind ?? "", tier: line.group.tier).timeout
    }
}

extension Rule {
    fileprivate var still: String { LimitsLeftAlone.still(self.timeout) }
}
