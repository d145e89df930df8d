/// What others are told about a pass.
package struct RunEvent: Event {
    package let type: String
    /// The key of the event: a record that is written again tells it once.
    package var id: String { "\(self.runId)-\(self.type)" }
    private let runId, trigger: String
    private let reason: String?

    fileprivate init(_ type: String, of run: Run) {
        self.type = type
        self.runId = run.id
        self.trigger = run.trigger.description
        self.reason = run.error
    }

    private enum CodingKeys: String, CodingKey {
        case type, runId, trigger, reason
    }
}

extension Run {
    /// What others are told of the pass as it stands; `nil` for what is nobody else's business.
    package var event: RunEvent? {
        self.status == .held ? RunEvent("cleanup.held", of: self) : nil
    }
}
