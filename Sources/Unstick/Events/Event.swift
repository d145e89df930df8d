import Foundation

/// What others are told: a row that is written in the transaction of what it tells.
///
/// What a pass does with a job has no row beside its run item: that says it all, and was written in the same transaction.
package protocol Event: Encodable, Sendable {
    /// What happened.
    var type: EventType { get }
    /// What it is about, such as a job: events about the same are delivered in their order.
    var subject: String? { get }
    /// Whom it is about.
    var userID: String? { get }
}

extension Event {
    package var subject: String? { nil }
    package var userID: String? { nil }

    /// What it says, as JSON.
    package var payload: String {
        // Texts and numbers always encode.
        (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// One for all: making one costs as much as an event does.
private let encoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
}()

/// An event that is to be sent.
public struct NewEvent: Hashable, Sendable {
    /// What receivers know it by; it sorts by time and has no full stop.
    ///
    /// An event of the same id is sent once.
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

/// Events without another change in the store.
public protocol EventStore: Sendable {
    /// Stores an event, once.
    ///
    /// - Returns: whether it is new; `false` for an event that is already stored.
    @discardableResult
    func emit(_ event: NewEvent) async throws -> Bool
}
