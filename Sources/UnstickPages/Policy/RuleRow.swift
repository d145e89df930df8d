import Unstick

/// A rule of the policy: in one sentence, and in detail in a table.
struct RuleRow {
    var name: String
    var sentence: String
    var kinds: String
    var tiers: String
    var timeout: String
    var heartbeat: String
    var pending: String
    var deadline: String
    var attempts: String
    var refund: String
    var quarantine: String
    var lateCompletion: String

    /// The rules in their order, the standard rule last.
    static func rows(_ policy: Policy) -> [RuleRow] {
        policy.rules.map { RuleRow($0, jobs: $0.appliesTo ?? "every job") }
            + [RuleRow(policy.standard, jobs: policy.rules.isEmpty ? "every job" : "every other job")]
    }

    private init(_ rule: Rule, jobs: String) {
        self.name = rule.name
        self.sentence = "For \(jobs): \(rule.lines.joined(separator: "; "))."
        self.kinds = Self.description(rule.kinds)
        self.tiers = Self.description(rule.tiers)
        self.timeout = Self.description(rule.timeout)
        self.heartbeat = Self.description(rule.heartbeatTimeout)
        self.pending = Self.description(rule.pendingTimeout)
        self.deadline = Self.description(rule.deadline)
        self.attempts = rule.retry.attempts.grouped
        self.refund = rule.refund.description
        self.quarantine = rule.quarantine.map { "after \($0.of("timeout"))" } ?? "never"
        self.lateCompletion = rule.onLateCompletion.rawValue
    }

    private static func description(_ patterns: [Pattern]) -> String {
        patterns.isEmpty ? "all" : patterns.map(\.description).joined(separator: ", ")
    }

    private static func description(_ limit: Duration?) -> String { limit?.text ?? "none" }
}

extension Refund {
    fileprivate var description: String {
        switch self {
        case .full: "full"
        case .none: "none"
        case .byProgress: "by progress"
        }
    }
}
