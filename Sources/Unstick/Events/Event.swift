import Foundation

/// What others are told: a row that is written in the transaction of what it tells.
package protocol Event: Encodable, Sendable {
    /// What happened, for example `job.retried`.
    var type: String { get }
}

extension Event {
    /// The event as JSON.
    package var payload: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and integers always encode.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
