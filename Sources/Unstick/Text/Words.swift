// How amounts, ages and outcomes read to people.

extension Timestamp {
    /// Relative to a moment: `12m 30s ago`.
    package func ago(_ now: Timestamp) -> String {
        if self > now { return "in " + (self - now).text }
        return now - self < .seconds(1) ? "just now" : (now - self).text + " ago"
    }
}

extension Verdict {
    /// What was measured beside what is allowed, short enough for a table: `46m > 5m`, or `silent 32m > 1m 30s`.
    package var words: String {
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
    package var words: String {
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
