/// What others are told about a job that a pass dealt with: its run item, as a run's page shows it.
package struct ItemEvent {
    private let item: RunItem
    private let runID: String

    package init(_ item: RunItem, of runID: String) {
        self.item = item
        self.runID = runID
    }

    /// What it says, as JSON.
    package var payload: String {
        var fields = JSONFields()
        fields.add("runId", self.runID)
        fields.add("position", self.item.position)
        fields.add("jobId", self.item.jobID)
        fields.add("userId", self.item.userID)
        fields.add("kind", self.item.kind)
        fields.add("tier", self.item.tier)
        fields.add("attempt", self.item.attempt)
        fields.add("action", self.item.action.rawValue)
        fields.add("tokensRefunded", self.item.tokensRefunded)
        fields.add("processingDuration", self.item.processingDuration.inMilliseconds)
        fields.add("reason", self.item.reason)
        fields.add("rule", self.item.verdict.rule)
        fields.add("limit", self.item.verdict.limit.rawValue)
        fields.add("limitMs", self.item.verdict.allowed.inMilliseconds)
        fields.add("measuredMs", self.item.verdict.measured.inMilliseconds)
        fields.add("worker", self.item.verdict.worker)
        fields.add("retryAt", self.item.retryAt?.description)
        fields.add("error", self.item.error)
        if let source = self.item.source { fields.add("source", source) }
        return fields.text
    }

    /// What it says of the tokens that were given back, or are to be.
    ///
    /// - Parameter transactionID: the key of the refund: it is given once.
    package func tokensPayload(transactionID: String) -> String {
        var fields = JSONFields()
        fields.add("runId", self.runID)
        fields.add("jobId", self.item.jobID)
        fields.add("userId", self.item.userID)
        fields.add("kind", self.item.kind)
        fields.add("tier", self.item.tier)
        fields.add("amount", self.item.tokensRefunded)
        fields.add("transactionId", transactionID)
        fields.add("reason", self.item.reason)
        if let source = self.item.source { fields.add("source", source) }
        return fields.text
    }
}
