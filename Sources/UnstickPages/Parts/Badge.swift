import Unstick

/// A state: a word with a tone, and an icon for the tone.
struct Badge {
    enum Tone: String {
        case good, bad, warning, busy, quiet
    }

    var word: String
    var tone: String

    init(_ word: String, _ tone: Tone) {
        self.word = word
        self.tone = tone.rawValue
    }
}

extension Badge {
    init(_ status: JobStatus) {
        switch status {
        case .pending: self.init("Pending", .quiet)
        case .processing: self.init("Processing", .busy)
        case .completed: self.init("Completed", .good)
        case .failed: self.init("Failed", .bad)
        case .cancelled: self.init("Cancelled", .quiet)
        }
    }

    init(_ run: Run) {
        switch run.status {
        case .running: self.init("Running", .busy)
        case .failed: self.init("Failed", .bad)
        case .held: self.init(Pause.held(run) ? "Paused" : "Held", .warning)
        case .completed where run.dryRun: self.init("Dry run", .quiet)
        case .completed where run.failed > 0: self.init("With errors", .warning)
        case .completed: self.init("Completed", .good)
        }
    }

    init(_ action: RunItem.Action) {
        let label = action.text.prefix(1).uppercased() + action.text.dropFirst()
        switch action {
        case .failedAndRefunded, .retried: self.init(label, .good)
        case .failed, .quarantined, .reported: self.init(label, .warning)
        case .wouldFail, .wouldRetry, .wouldQuarantine, .wouldReport: self.init(label, .quiet)
        case .error: self.init(label, .bad)
        }
    }

    init(_ request: RefundRequest) {
        switch request {
        case .asked: self.init("Asked", .busy)
        case .confirmed: self.init("Confirmed", .good)
        }
    }

    init(_ status: WebhookDelivery.Status) {
        switch status {
        case .pending: self.init("Waiting", .busy)
        case .delivered: self.init("Delivered", .good)
        case .dead: self.init("Dead", .bad)
        }
    }

    init(_ status: BulkAction.Status) {
        switch status {
        case .running: self.init("Running", .busy)
        case .completed: self.init("Completed", .good)
        case .stopped: self.init("Stopped", .warning)
        }
    }

    /// The outcome of an audit entry.
    init(outcome: String?) {
        switch outcome {
        case nil: self.init("Unknown: in progress, or the server stopped", .warning)
        case let outcome? where outcome.hasPrefix("refused"): self.init(outcome, .bad)
        case let outcome?: self.init(outcome, .good)
        }
    }
}
