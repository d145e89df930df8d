/// The event of an alert that starts or ends.
package struct AlertEvent: Hashable, Sendable, Encodable {
    /// What happened: `alert.firing` or `alert.resolved`.
    package let type: EventType
    /// The key of the event, which sorts by time: each start and each end is sent once.
    package let id: String
    private let alert: AlertName
    private let summary: String
    private let value, threshold: Double
    private let since: Timestamp
    private let resolvedAt: Timestamp?

    /// - Parameters:
    ///   - state: the alert as it will be.
    ///   - since: when the alert started to fire.
    ///   - resolvedAt: when it ended; `nil` when it starts.
    init(_ state: AlertState, since: Timestamp, resolvedAt: Timestamp? = nil) {
        self.type = resolvedAt == nil ? .alertFiring : .alertResolved
        let phase = resolvedAt == nil ? "firing" : "resolved"
        self.id = "\(RandomID.first(at: resolvedAt ?? since))-\(state.name.rawValue.replacing("_", with: "-"))-\(phase)"
        self.alert = state.name
        self.summary = state.summary
        self.value = state.value
        self.threshold = state.threshold
        self.since = since
        self.resolvedAt = resolvedAt
    }

    private enum CodingKeys: String, CodingKey {
        case alert, summary, value, threshold, since, resolvedAt
    }
}

extension AlertEvent: Event {
    /// The end of an alert is delivered after its start.
    package var subject: String? { "alert-\(self.alert.rawValue)" }
}
