import Foundation

/// A record of a change, written in the same transaction as the change.
///
/// A run writes no event for a job beside its run item: the item has all fields and the same transaction.
package protocol Event: Encodable, Sendable {
    /// What happened.
    var type: EventType { get }
    /// The subject, such as a job: events of one subject are delivered in their order.
    var subject: String? { get }
    /// The user of the subject.
    var userID: String? { get }
}

extension Event {
    package var subject: String? { nil }
    package var userID: String? { nil }

    /// The fields of the event, as JSON.
    package var payload: String {
        // Texts and numbers always encode.
        (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// Shared, because making an encoder costs as much as encoding an event.
private let encoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
}()

/// An event that is to be sent.
public struct NewEvent: Hashable, Sendable {
    /// The id for receivers; it sorts by time and has no full stop.
    ///
    /// An event of the same id is sent once.
    package let id: String
    package let type: EventType
    package let userID: String?
    package let subject: String?
    /// The fields of the event, as JSON.
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
