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
