// Amounts, ages and outcomes as text for people.

extension Timestamp {
    /// Relative to a time: `12m 30s ago`.
    package func ago(_ now: Timestamp) -> String {
        if self > now { return "in " + (self - now).text }
        return now - self < .seconds(1) ? "just now" : (now - self).text + " ago"
    }
}

extension StuckReason {
    /// The measured and the allowed time, short enough for a table: `46m > 5m`, or `silent 32m > 1m 30s`.
    package var text: String {
        let what =
            switch self.limit {
            case .timeout: ""
            case .heartbeat: "silent "
            case .pending: "waiting "
            case .deadline: "created "
            }
        return "\(what)\(self.measured.text) > \(self.allowed.text)"
    }
}

extension RunItem.Action {
    package var text: String {
        switch self {
        case .failedAndRefunded: "failed, refunded"
        case .failed: "failed"
        case .retried: "retried"
        case .quarantined: "quarantined"
        case .reported: "reported"
        case .wouldFail: "would fail"
        case .wouldRetry: "would retry"
        case .wouldQuarantine: "would quarantine"
        case .wouldReport: "would report"
        case .error: "error"
        }
    }
}

extension Int {
    /// With thousands separators: `12,345`.
    package var grouped: String {
        let digits = String(self.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }

    /// With its sign: `+8`, `−8`.
    package var signed: String { (self < 0 ? "\u{2212}" : "+") + self.grouped.drop { $0 == "-" } }

    /// With the noun in the right number: `1 job`, `12 jobs`.
    package func of(_ word: String, _ plural: String? = nil) -> String {
        "\(self.grouped) \(self == 1 ? word : plural ?? word + "s")"
    }
}

extension Rule {
    /// The jobs that it applies to: `kind video or film-*, tier TIER_4K`; `nil` for every job.
    package var appliesTo: String? {
        let whose = [("kind", self.kinds), ("tier", self.tiers)].filter { !$1.isEmpty }.map { name, patterns in
            "\(name) \(patterns.map(\.description).joined(separator: " or "))"
        }
        return whose.isEmpty ? nil : whose.joined(separator: ", ")
    }

    /// The rule as text, a line for each value that is not the default.
    package var lines: [String] {
        let limits = [
            ("running", self.timeout), ("silent", self.heartbeatTimeout), ("waiting", self.pendingTimeout),
            ("in total", self.deadline),
        ].compactMap { name, limit in limit.map { "\(name) \($0.text)" } }
        let retry =
            self.retry.attempts == 1
            ? "tried once"
            : "tried \(self.retry.attempts) times, after \(self.retry.backoff.text) to \(self.retry.cap.text)"
        let refund =
            switch self.refund {
            case .full: "then full refund"
            case .none: "then no refund"
            case .byProgress: "then refund by progress"
            }
        return [
            limits.isEmpty ? "never stuck: no limit is set" : "at most " + limits.joined(separator: ", "),
            "\(retry), \(refund)",
            self.quarantine.map { "quarantined after \($0.of("timeout"))" },
            self.onLateCompletion == .accept ? "late completions are accepted and charged again" : nil,
        ].compactMap { $0 }
    }
}

extension MassFailureGuard {
    /// When a run is held, in one sentence.
    package var sentence: String {
        "A run is held when at least \(self.minimum.grouped) jobs and more than \(Int(self.share * 100)) % of the running "
            + "jobs look stuck"
            + (self.maxRefund.map { ", or when it would refund more than \($0.of("token"))." } ?? ".")
    }
}
