/// How an attempt to deliver went.
struct WebhookOutcome: Hashable, Sendable {
    /// The status that the receiver answered; `nil` when it gave no whole head of an answer.
    let status: Int?
    /// How long the receiver asks to be left alone; at most a day.
    let retryAfter: Duration?
    /// What went wrong, for people who look at the deliveries; `nil` when it went well.
    ///
    /// It never holds what the receiver answered but for the status, an address that a resolver answered, a secret, or
    /// the path and the query of the URL.
    let failure: String?
    /// How long the attempt took.
    let took: Duration

    /// Whether the receiver has taken the message.
    var isSuccess: Bool { self.failure == nil }
}

extension WebhookOutcome {
    /// The outcome of an answer, whatever became of its body.
    init(_ answer: WebhookAnswer, took: Duration) {
        self.init(status: answer.status, retryAfter: answer.retryAfter, failure: answer.failure, took: took)
    }

    /// The outcome of an attempt that got no answer.
    init(failure: String, took: Duration) {
        self.init(status: nil, retryAfter: nil, failure: failure, took: took)
    }
}
