import Foundation
package import Unstick

/// The columns of a rule in a statement.
enum RuleColumn: String, CaseIterable, CodingKey {
    case kind, tier, rule, timeout, heartbeat, pending, deadline, attempts, backoff, cap, refund, quarantine

    var isText: Bool { [.kind, .tier, .rule, .refund].contains(self) }

    /// The name of the parameter that has the value where one rule is for all jobs.
    var parameter: String { "rule_" + self.rawValue }

    /// The column's value; times are in milliseconds.
    fileprivate func value(of match: RuleMatch) -> SQLValue {
        let rule = match.rule
        return switch self {
        case .kind: .text(match.kind)
        case .tier: SQLValue(match.tier)
        case .rule: .text(rule.name)
        case .timeout: SQLValue(rule.timeout?.inMilliseconds)
        case .heartbeat: SQLValue(rule.heartbeatTimeout?.inMilliseconds)
        case .pending: SQLValue(rule.pendingTimeout?.inMilliseconds)
        case .deadline: SQLValue(rule.deadline?.inMilliseconds)
        case .attempts: .integer(rule.retry.attempts)
        case .backoff: .integer(rule.retry.backoff.inMilliseconds)
        case .cap: .integer(rule.retry.cap.inMilliseconds)
        case .refund: .text(rule.refund.rawValue)
        case .quarantine: SQLValue(rule.quarantine)
        }
    }
}

extension RuleMatches {
    /// The rules as parameters of a statement; see ``StuckSearch``.
    package var parameters: SQLArguments {
        if self.only != nil, let match = self.groups.first {
            return Dictionary(uniqueKeysWithValues: RuleColumn.allCases.map { ($0.parameter, $0.value(of: match)) })
        }
        // Rows of texts and integers always encode.
        let rows = (try? JSONEncoder().encode(self.groups.map(RuleRow.init))) ?? Data("[]".utf8)
        return ["rules": .text(String(decoding: rows, as: UTF8.self))]
    }
}

/// A rule as a row of JSON.
private struct RuleRow: Encodable {
    let match: RuleMatch

    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: RuleColumn.self)
        for column in RuleColumn.allCases {
            switch column.value(of: self.match) {
            case .integer(let integer): try row.encode(integer, forKey: column)
            case .text(let text): try row.encode(text, forKey: column)
            case .null, .flag, .bytes: try row.encodeNil(forKey: column)
            }
        }
    }
}
