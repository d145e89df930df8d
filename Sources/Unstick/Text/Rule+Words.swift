extension Rule {
    /// Which jobs it is for: `kind video or film-*, tier TIER_4K`; `nil` for every job.
    package var whoseWords: String? {
        let whose = [("kind", self.kinds), ("tier", self.tiers)].filter { !$1.isEmpty }.map { name, patterns in
            "\(name) \(patterns.map(\.description).joined(separator: " or "))"
        }
        return whose.isEmpty ? nil : whose.joined(separator: ", ")
    }

    /// What the rule says, a line for each thing that is not as by default.
    package var words: [String] {
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
    /// When a pass is held, in one sentence.
    package var sentence: String {
        "A run is held when at least \(self.minimum.grouped) jobs and more than \(Int(self.share * 100)) % of the running "
            + "jobs look stuck"
            + (self.maxRefund.map { ", or when it would refund more than \($0.of("token"))." } ?? ".")
    }
}
