import NIOCore

/// The content of a delivery; the same for each attempt.
struct WebhookMessage: Hashable, Sendable {
    /// The id by which a receiver recognizes a repeated delivery.
    let id: String
    /// The JSON body.
    let body: ByteBuffer
    /// The trace of the event, in the format of W3C Trace Context.
    let traceparent: String?

    /// Makes a message.
    init(id: String, body: ByteBuffer, traceparent: String? = nil) {
        self.id = id
        self.body = body
        self.traceparent = traceparent
    }
}
