import Metrics

/// The metrics of refunds, by runs and by calls.
package enum RefundMetrics {
    private static let tokens = "unstick_tokens_refunded_total"

    /// Counts the tokens of a run.
    static func refunded(by run: Run) {
        Counter(label: self.tokens).increment(by: run.tokensRefunded)
    }

    /// Counts what a call refunded, after it is stored.
    package static func refunded(by line: NewTransaction?) {
        guard let line, case let sums = LedgerSums(line), sums.refunded > 0 else { return }
        Counter(label: self.tokens).increment(by: sums.refunded)
    }
}
