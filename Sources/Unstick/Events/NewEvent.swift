/// An event that is to be told.
public struct NewEvent: Hashable, Sendable {
    /// What receivers know it by; it sorts by time and has no full stop.
    ///
    /// An event of the same id is told once.
    package let id: String
    package let type: EventType
    package let userID: String?
    package let subject: String?
    /// What it says, as JSON.
    package let payload: String

    package init(_ event: some Event, id: String) {
        self.id = id
        self.type = event.type
        self.userID = event.userID
        self.subject = event.subject
        self.payload = event.payload
    }

    /// Events that happened together, in this order.
    package static func together(_ events: [any Event], at now: Timestamp) -> [NewEvent] {
        let id = RandomID.timeOrdered(at: now)
        return events.enumerated().map { index, event in
            NewEvent(event, id: events.count == 1 ? id : "\(id)-\(index + 1)")
        }
    }
}

/// The side of a store that tells of what changed nothing else in it.
public protocol EventStore: Sendable {
    /// Tells of an event, once.
    ///
    /// - Returns: whether it is new; `false` when somebody told it before.
    @discardableResult
    func emit(_ event: NewEvent) async throws -> Bool
}
