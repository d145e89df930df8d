import Unstick
import Yams

/// Reads a policy from YAML, and collects all errors, so that a user fixes a file once.
struct PolicyReader {
    struct Problem {
        let line: Int
        let text: String
    }

    var problems: [Problem] = []
    private(set) var warnings: [String] = []

    /// More rules than this are a mistake.
    private static let mostRules = 1000

    mutating func problem(_ node: Node, _ path: String, _ reason: String) {
        self.problems.append(Problem(line: node.mark?.line ?? 1, text: path.isEmpty ? reason : "\(path): \(reason)"))
    }

    /// The entries of a mapping, each with a known key.
    mutating func fields(_ node: Node, _ path: String, _ known: [String]) -> [String: Node] {
        guard let mapping = node.mapping else {
            self.problem(node, path, "this must be a mapping of \(known.joined(separator: ", ")).")
            return [:]
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.string ?? ""
            guard known.contains(name) else {
                let hint = name.nearest(of: known).map { " Did you mean '\($0)'?" } ?? ""
                self.problem(
                    key,
                    path,
                    "unknown key '\(YAMLText.shown(key: name))'; known keys: \(known.joined(separator: ", ")).\(hint)"
                )
                continue
            }
            fields[name] = value
        }
        return fields
    }

    mutating func contents(_ root: Node?) -> PolicyFile.Contents {
        // An empty file is the standard policy.
        guard let root, root.null == nil || root.mapping != nil else { return PolicyFile.Contents(isEmpty: true) }
        let fields = self.fields(root, "", ["defaults", "rules", "guard", "alerts", "webhooks"])
        return PolicyFile.Contents(
            policy: self.policy(fields),
            alerts: fields["alerts"].map { self.alerts($0) } ?? AlertThresholds(),
            webhooks: fields["webhooks"].map { self.webhooks($0) } ?? []
        )
    }

    private mutating func policy(_ fields: [String: Node]) -> Policy {
        var policy = Policy()
        if let node = fields["defaults"] {
            let body = self.fields(node, "defaults", Self.body)
            self.fill(&policy.standard, body, "defaults")
        }
        if let node = fields["rules"] { policy.rules = self.rules(node, over: policy.standard) }
        if let node = fields["guard"] { policy.massFailureGuard = self.massFailureGuard(node) }
        return policy
    }

    // MARK: Rules

    private static let body = [
        "timeout", "heartbeatTimeout", "pendingTimeout", "deadline", "retry", "refund", "quarantine",
        "onLateCompletion",
    ]

    private mutating func rules(_ node: Node, over standard: Rule) -> [Rule] {
        guard let list = node.sequence else {
            self.problem(node, "rules", "this must be a list.")
            return []
        }
        guard list.count <= Self.mostRules else {
            self.problem(node, "rules", "there are more than \(Self.mostRules).")
            return []
        }
        var rules: [Rule] = []
        var catchAll: Int?
        var names: [String: Int] = [:]
        for (index, entry) in list.enumerated() {
            let path = "rules[\(index)]"
            let fields = self.fields(entry, path, ["name", "kind", "tier"] + Self.body)
            var rule = standard
            rule.kinds = fields["kind"].map { self.patterns($0, path + ".kind") } ?? []
            rule.tiers = fields["tier"].map { self.patterns($0, path + ".tier") } ?? []
            rule.name = fields["name"].flatMap { self.text($0, path + ".name") } ?? Self.name(of: rule, index)
            self.fill(&rule, fields, path)
            if let catchAll {
                self.problem(entry, path, "this can never match: rules[\(catchAll)] is for every kind and tier.")
            }
            if rule.kinds.isEmpty, rule.tiers.isEmpty, catchAll == nil { catchAll = index }
            if let other = names[rule.name] {
                self.problem(entry, path, "rules[\(other)] is also named '\(rule.name)'; rename one.")
            }
            names[rule.name] = index
            rules.append(rule)
        }
        return rules
    }

    private static func name(of rule: Rule, _ index: Int) -> String {
        let parts = [rule.kinds, rule.tiers].map { $0.map(\.description).joined(separator: ", ") }.filter {
            !$0.isEmpty
        }
        let name = parts.joined(separator: " / ")
        return name.isEmpty || name.utf8.count > Limits.idBytes ? "rule \(index + 1)" : name
    }

    private mutating func fill(_ rule: inout Rule, _ fields: [String: Node], _ path: String) {
        rule.timeout = self.limit(fields, "timeout", path, rule.timeout)
        rule.heartbeatTimeout = self.limit(fields, "heartbeatTimeout", path, rule.heartbeatTimeout)
        rule.pendingTimeout = self.limit(fields, "pendingTimeout", path, rule.pendingTimeout)
        rule.deadline = self.limit(fields, "deadline", path, rule.deadline)
        if let node = fields["retry"] { rule.retry = self.retry(node, path + ".retry", over: rule.retry) }
        rule.refund = self.word(fields, "refund", path) ?? rule.refund
        rule.onLateCompletion = self.word(fields, "onLateCompletion", path) ?? rule.onLateCompletion
        if let node = fields["quarantine"] {
            rule.quarantine =
                node.string == "none" ? nil : self.integer(node, path + ".quarantine", 1...1000) ?? rule.quarantine
        }
    }

    private mutating func retry(_ node: Node, _ path: String, over standard: Retry) -> Retry {
        if node.string == "none" { return .never }
        let fields = self.fields(node, path, ["attempts", "backoff", "cap"])
        var retry = standard
        if let node = fields["attempts"] {
            retry.attempts = self.integer(node, path + ".attempts", 1...1000) ?? retry.attempts
        }
        retry.backoff = self.limit(fields, "backoff", path, retry.backoff) ?? .milliseconds(1)
        retry.cap = self.limit(fields, "cap", path, retry.cap) ?? retry.backoff
        if retry.cap < retry.backoff, fields["cap"] == nil { retry.cap = retry.backoff }
        if retry.cap < retry.backoff { self.problem(node, path, "cap must not be less than backoff.") }
        return retry
    }

    // MARK: The guard

    private mutating func massFailureGuard(_ node: Node) -> MassFailureGuard {
        let fields = self.fields(node, "guard", ["minimum", "share", "maxRefundPerRun"])
        var massFailureGuard = MassFailureGuard()
        if let node = fields["minimum"] {
            massFailureGuard.minimum = self.integer(node, "guard.minimum", 1...Limits.tokens) ?? 20
        }
        if let node = fields["share"] {
            guard let share = node.float, 0...1 ~= share else {
                self.problem(node, "guard.share", "'\(Self.shown(node))' is not a number from 0 to 1.")
                return massFailureGuard
            }
            massFailureGuard.share = share
            if share == 1 {
                self.warnings.append("guard.share is 1: the share of stuck jobs never holds a run.")
            }
        }
        if let node = fields["maxRefundPerRun"], node.string != "none" {
            massFailureGuard.maxRefund = self.integer(node, "guard.maxRefundPerRun", 1...Limits.tokens)
        }
        return massFailureGuard
    }

    // MARK: Values

    static func shown(_ node: Node) -> String {
        node.scalar.map { String($0.string.prefix(50)) } ?? "a list or mapping"
    }

    mutating func text(_ node: Node, _ path: String) -> String? {
        guard let text = node.scalar?.string, 1...Limits.idBytes ~= text.utf8.count else {
            self.problem(node, path, "this must be a text of 1 to \(Limits.idBytes) bytes.")
            return nil
        }
        return text
    }

    private mutating func patterns(_ node: Node, _ path: String) -> [Pattern] {
        guard let list = node.sequence else { return self.text(node, path).map { [Pattern($0)] } ?? [] }
        if list.isEmpty { self.problem(node, path, "the list is empty; leave it out to mean all.") }
        return list.enumerated().compactMap { index, node in
            self.text(node, "\(path)[\(index)]").map { Pattern($0) }
        }
    }

    mutating func integer(_ node: Node, _ path: String, _ range: ClosedRange<Int>) -> Int? {
        // Digits only: in YAML, 010 is eight and 1:30 is ninety.
        guard let integer = node.int, node.scalar?.string == String(integer), range.contains(integer) else {
            self.problem(
                node,
                path,
                "'\(Self.shown(node))' is not a whole number from \(range.lowerBound) to \(range.upperBound)."
            )
            return nil
        }
        return integer
    }

    /// A time; `none` for no limit.
    mutating func limit(
        _ fields: [String: Node],
        _ name: String,
        _ path: String,
        _ standard: Duration?
    ) -> Duration? {
        guard let node = fields[name] else { return standard }
        let text = node.scalar?.string ?? ""
        if text == "none" { return nil }
        guard let duration = Duration(text: text) else {
            self.problem(node, "\(path).\(name)", Duration.mistake(in: Self.shown(node), or: "none"))
            return standard
        }
        guard Limits.timeoutMilliseconds.contains(duration.inMilliseconds) else {
            self.problem(node, "\(path).\(name)", "'\(Self.shown(node))' is out of range: 1ms to 3650d, or none.")
            return standard
        }
        return duration
    }

    private mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ fields: [String: Node],
        _ name: String,
        _ path: String
    ) -> Word? {
        guard let node = fields[name] else { return nil }
        guard let word = Word(rawValue: node.scalar?.string ?? "") else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            self.problem(node, "\(path).\(name)", "'\(Self.shown(node))' must be one of \(known).")
            return nil
        }
        return word
    }
}
