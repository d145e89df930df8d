/// What others are told about a job that a pass dealt with: its run item.
package struct ItemEvent: Event {
    package let type: EventType
    package var subject: String? { self.item.jobID }
    package var userID: String? { self.item.userID }
    private let runID: String
    private let item: RunItem

    package init(_ type: EventType, _ item: RunItem, of runID: String) {
        self.type = type
        self.item = item
        self.runID = runID
    }

    private enum CodingKeys: String, CodingKey {
        case runId
    }

    package func encode(to encoder: any Encoder) throws {
        try self.item.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.runID, forKey: .runId)
    }
}
