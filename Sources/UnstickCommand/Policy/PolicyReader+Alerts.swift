import Unstick
import Yams

extension PolicyReader {
    /// The `alerts` of a file; the defaults are those of the rules for Prometheus.
    mutating func alerts(_ node: Node) -> AlertThresholds {
        var thresholds = AlertThresholds()
        let fields = self.fields(
            node,
            "alerts",
            [
                "stuckJobs", "frequentFailures", "largeRefunds", "missedIntervals", "oldestStuck", "webhookFailing",
                "firesAfter", "resolvesAfter",
            ]
        )
        thresholds.stuckJobs = self.most(fields, "stuckJobs", "alerts", 0...Limits.tokens, thresholds.stuckJobs)
        (thresholds.frequentFailures, thresholds.failureWindow) = self.most(
            fields["frequentFailures"],
            "jobs",
            "alerts.frequentFailures",
            (thresholds.frequentFailures, thresholds.failureWindow)
        )
        (thresholds.largeRefunds, thresholds.refundWindow) = self.most(
            fields["largeRefunds"],
            "tokens",
            "alerts.largeRefunds",
            (thresholds.largeRefunds, thresholds.refundWindow)
        )
        thresholds.missedIntervals = self.most(
            fields,
            "missedIntervals",
            "alerts",
            1...1000,
            thresholds.missedIntervals
        )
        thresholds.oldestStuck = self.limit(fields, "oldestStuck", "alerts", thresholds.oldestStuck)
        thresholds.webhookFailing = self.limit(fields, "webhookFailing", "alerts", thresholds.webhookFailing)
        // Here `none` means at once.
        thresholds.firesAfter = self.limit(fields, "firesAfter", "alerts", thresholds.firesAfter) ?? .zero
        thresholds.resolvesAfter = self.limit(fields, "resolvesAfter", "alerts", thresholds.resolvesAfter) ?? .zero
        return thresholds
    }

    /// A limit for a number; `none` for no limit.
    private mutating func most(
        _ fields: [String: Node],
        _ name: String,
        _ path: String,
        _ range: ClosedRange<Int>,
        _ standard: Int?
    ) -> Int? {
        guard let node = fields[name] else { return standard }
        return node.string == "none" ? nil : self.integer(node, "\(path).\(name)", range) ?? standard
    }

    /// A limit for a number within a time; `none` in place of both for no limit.
    private mutating func most(
        _ node: Node?,
        _ name: String,
        _ path: String,
        _ standard: (most: Int?, window: Duration)
    ) -> (Int?, Duration) {
        guard let node else { return standard }
        if node.string == "none" { return (nil, standard.window) }
        let fields = self.fields(node, path, [name, "window"])
        let most = self.most(fields, name, path, 0...Limits.tokens, standard.most)
        guard let window = self.limit(fields, "window", path, standard.window) else {
            self.problem(
                node,
                path + ".window",
                "the window is missing; write 1h, or '\(name): none' to switch the alert off."
            )
            return (most, standard.window)
        }
        return (most, window)
    }
}
