import NIOCore

/// What a delivery says; each attempt to deliver it says the same.
struct WebhookMessage: Hashable, Sendable {
    /// The id by which a receiver knows a delivery that it had before.
    let id: String
    /// The JSON to deliver.
    let body: ByteBuffer
    /// The trace that the delivery is of, in the format of W3C Trace Context.
    let traceparent: String?

    /// Makes a message.
    init(id: String, body: ByteBuffer, traceparent: String? = nil) {
        self.id = id
        self.body = body
        self.traceparent = traceparent
    }
}
