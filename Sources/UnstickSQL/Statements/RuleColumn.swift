import Foundation
package import Unstick

/// What a statement knows of a rule.
enum RuleColumn: String, CaseIterable {
    case kind, tier, rule, timeout, heartbeat, pending, deadline, attempts, backoff, cap, refund, quarantine

    var isText: Bool { [.kind, .tier, .rule, .refund].contains(self) }
}

extension RuleMatches {
    /// The rules as the value of `:rules`.
    package var rulesJSON: String {
        let encoder = JSONEncoder()
        // Rows of texts and integers always encode.
        return (try? encoder.encode(self.groups.map(RuleRow.init))).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}

/// A rule as a row; see ``RuleColumn``.
private struct RuleRow: Encodable {
    let kind: String
    let tier: String?
    let rule: String
    let timeout, heartbeat, pending, deadline: Int?
    let attempts, backoff, cap: Int
    let refund: String
    let quarantine: Int?

    init(_ ruleMatch: RuleMatch) {
        let rule = ruleMatch.rule
        self.kind = ruleMatch.kind
        self.tier = ruleMatch.tier
        self.rule = rule.name
        self.timeout = rule.timeout?.inMilliseconds
        self.heartbeat = rule.heartbeatTimeout?.inMilliseconds
        self.pending = rule.pendingTimeout?.inMilliseconds
        self.deadline = rule.deadline?.inMilliseconds
        self.attempts = rule.retry.attempts
        self.backoff = rule.retry.backoff.inMilliseconds
        self.cap = rule.retry.cap.inMilliseconds
        self.refund = rule.refund.rawValue
        self.quarantine = rule.quarantine
    }
}
