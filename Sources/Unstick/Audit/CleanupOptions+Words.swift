// How the record of who did what tells of a run.

extension CleanupOptions {
    /// What was asked for, in words.
    package var words: String {
        [
            self.timeout.map { "timeout \($0.text)" }, self.batchSize.map { "batch of \($0)" },
            self.drain ? "until nothing is stuck" : nil, self.force ? "forced" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
    }
}

extension CleanupResult {
    /// What came of it, and where it is recorded.
    package var outcome: String { "\(self.message) (run \(self.runID))" }
}
