import NIOHTTP1

/// What matters of a receiver's answer: its status, and when to come again.
struct WebhookAnswer: Hashable, Sendable {
    /// The status.
    let status: Int
    /// How long the receiver asks to be left alone; only of an answer that is no success.
    let retryAfter: Duration?

    /// Reads the head of an answer.
    init(_ head: HTTPResponseHead, now: Int) {
        self.status = Int(head.status.code)
        let header = 200...299 ~= self.status ? nil : head.headers.first(name: "retry-after")
        self.retryAfter = header.flatMap { RetryAfter.duration($0, now: now) }
    }

    /// Why the answer is no success; `nil` when it is one.
    var failure: String? {
        switch self.status {
        case 200...299: nil
        case 300...399: "The receiver answered \(self.status); redirects are not followed."
        default: "The receiver answered \(self.status)."
        }
    }
}
