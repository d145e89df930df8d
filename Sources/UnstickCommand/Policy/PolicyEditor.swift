import Foundation
import Unstick
import UnstickLearning
import Yams

/// Changes timeouts in the text of a policy file, and nothing else: comments, order and layout stay.
struct PolicyEditor {
    private(set) var text: String

    init(text: String) {
        self.text = text
    }

    static func unfit(_ path: String, _ group: JobGroup) -> UnstickError {
        UnstickError(
            .invalidInput,
            "The timeout of \(group.kind ?? "all jobs")\(group.tier.map { " / \($0)" } ?? "") cannot be put into '\(path)' as it "
                + "is written; nothing was written. Write its rules one under the other, with dashes."
        )
    }

    /// Sets the timeout of a kind and tier, of a kind, or of all jobs without a rule.
    ///
    /// Changes a rule for exactly these jobs; otherwise inserts one before the rule that applies to them, with its
    /// other values.
    mutating func set(_ timeout: Duration?, for group: JobGroup) throws {
        let root = try Yams.compose(yaml: self.text)?.mapping
        guard let kind = group.kind else {
            return try self.setStandard(timeout, root?["defaults"])
        }
        let policy = try PolicyFile.parse(self.text, name: "").policy
        let rule = policy.rule(kind: kind, tier: group.tier)
        guard rule.timeout != timeout else { return }
        let rules = root?["rules"]?.sequence.map(Array.init) ?? []
        let place = policy.place(of: group)
        if let place, rule.isOnly(for: group) { return try self.setTimeout(timeout, in: rules[place]) }
        let new = try Self.lines(of: rule, over: policy.standard, for: group, timeout)
        try self.insert(new, before: place, of: rules, key: root?["rules"])
    }

    // MARK: The rule's text

    /// A rule as lines, the first with its dash.
    private static func lines(
        of rule: Rule,
        over standard: Rule,
        for group: JobGroup,
        _ timeout: Duration?
    ) throws -> [String] {
        var lines = ["- kind: \(try quoted(group.kind ?? ""))"]
        if let tier = group.tier { lines.append("  tier: \(try quoted(tier))") }
        lines.append("  timeout: \(timeout.written)")
        if rule.heartbeatTimeout != standard.heartbeatTimeout {
            lines.append("  heartbeatTimeout: \(rule.heartbeatTimeout.written)")
        }
        if rule.pendingTimeout != standard.pendingTimeout {
            lines.append("  pendingTimeout: \(rule.pendingTimeout.written)")
        }
        if rule.deadline != standard.deadline { lines.append("  deadline: \(rule.deadline.written)") }
        if rule.retry != standard.retry {
            lines.append(
                "  retry: { attempts: \(rule.retry.attempts), backoff: \(rule.retry.backoff.written), cap: \(rule.retry.cap.written) }"
            )
        }
        if rule.refund != standard.refund { lines.append("  refund: \(rule.refund.rawValue)") }
        if rule.quarantine != standard.quarantine {
            lines.append("  quarantine: \(rule.quarantine.map(String.init) ?? "none")")
        }
        if rule.onLateCompletion != standard.onLateCompletion {
            lines.append("  onLateCompletion: \(rule.onLateCompletion.rawValue)")
        }
        return lines
    }

    /// A name as unambiguous YAML; JSON strings are valid YAML.
    private static func quoted(_ name: String) throws -> String {
        if name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.\/-]*/) != nil { return name }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(name), as: UTF8.self)
    }

    // MARK: Changes to the text

    private mutating func setStandard(_ timeout: Duration?, _ defaults: Node?) throws {
        if let defaults, defaults.mapping?.isEmpty == false { return try self.setTimeout(timeout, in: defaults) }
        guard defaults == nil else { throw Self.unfit("the policy", .all) }
        var lines = self.lines
        // Below a comment at the start of the file.
        let place = lines.firstIndex { !$0.isComment } ?? lines.count
        lines.insert(contentsOf: ["defaults:", "  timeout: \(timeout.written)"], at: place)
        self.lines = lines
    }

    private mutating func setTimeout(_ timeout: Duration?, in node: Node) throws {
        guard let mapping = node.mapping, let first = mapping.first?.key.mark else {
            throw Self.unfit("the policy", .all)
        }
        if let value = mapping["timeout"], let mark = value.mark {
            guard let written = value.scalar?.string else { throw Self.unfit("the policy", .all) }
            try self.replace(written, at: mark, with: timeout.written)
        } else {
            let indent = String(repeating: " ", count: first.column - 1)
            self.insert("timeout: \(timeout.written)" + (self.isInBrackets(node) ? ", " : "\n" + indent), at: first)
        }
    }

    /// Whether a mapping or list is written in braces or brackets.
    private func isInBrackets(_ node: Node) -> Bool {
        guard let mark = node.mark else { return false }
        return ["{", "["].contains(self.lines[mark.line - 1].dropFirst(mark.column - 1).first)
    }

    private mutating func replace(_ old: String, at mark: Mark, with new: String) throws {
        var line = Array(self.lines[mark.line - 1].unicodeScalars)
        let start = mark.column - 1
        let isQuoted = start < line.count && (line[start] == "\"" || line[start] == "'")
        let length = old.unicodeScalars.count + (isQuoted ? 2 : 0)
        guard start + length <= line.count else { throw Self.unfit("the policy", .all) }
        line.replaceSubrange(start..<start + length, with: new.unicodeScalars)
        self.setLine(mark.line - 1, line)
    }

    private mutating func insert(_ new: String, at mark: Mark) {
        var line = Array(self.lines[mark.line - 1].unicodeScalars)
        line.insert(contentsOf: new.unicodeScalars, at: mark.column - 1)
        self.setLine(mark.line - 1, line)
    }

    private mutating func setLine(_ index: Int, _ scalars: [Unicode.Scalar]) {
        self.lines[index] = String(String.UnicodeScalarView(scalars))
    }

    /// Inserts a rule before another one and its comments, or after the last one.
    private mutating func insert(_ rule: [String], before place: Int?, of rules: [Node], key: Node?) throws {
        var lines = self.lines
        guard let key, let first = rules.first?.mark else {
            guard key == nil else { throw Self.unfit("the policy", .all) }
            if let last = lines.last, last.isEmpty { lines.removeLast() }
            self.lines = lines + ["rules:"] + rule.map { "  " + $0 } + [""]
            return
        }
        guard !self.isInBrackets(key), let dash = lines[first.line - 1].firstIndex(of: "-") else {
            throw Self.unfit("the policy", .all)
        }
        let indent = String(lines[first.line - 1][..<dash])
        var index: Int
        if let place, let mark = rules[place].mark {
            index = mark.line - 1
            while index > 0, lines[index - 1].isComment, !lines[index - 1].isBlank { index -= 1 }
        } else {
            // The end of the list: where the next key of the file begins, or the file ends.
            index = (rules.last?.mark?.line).map { $0 } ?? lines.count
            while index < lines.count,
                lines[index].isBlank || lines[index].isComment || lines[index].isIndented(beyond: indent)
            {
                index += 1
            }
            while index > 0, lines[index - 1].isBlank || lines[index - 1].isComment { index -= 1 }
        }
        lines.insert(contentsOf: rule.map { indent + $0 }, at: index)
        self.lines = lines
    }

    private var lines: [String] {
        get { self.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
        set { self.text = newValue.joined(separator: "\n") }
    }
}

extension Duration? {
    fileprivate var written: String { self?.written ?? "none" }
}

extension String {
    fileprivate var isBlank: Bool { self.allSatisfy(\.isWhitespace) }

    /// Whether the line is a comment or blank.
    fileprivate var isComment: Bool { self.isBlank || self.first { !$0.isWhitespace } == "#" }

    /// Whether the line belongs to a list whose dashes have this indentation.
    fileprivate func isIndented(beyond indent: String) -> Bool {
        self.hasPrefix(indent + "-") || self.hasPrefix(indent + " ")
    }
}
