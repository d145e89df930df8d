import HTTPTypes

extension Problem {
    /// - Parameters:
    ///   - what: of what the caller has too many, or there are too many: "waiting claims".
    ///   - seconds: when it is worth another try.
    package static func tooMany(_ what: String, _ refusal: Shares.Refusal, retryAfter seconds: Int = 1) -> Problem {
        switch refusal {
        case .holderIsFull:
            Problem(
                status: .tooManyRequests,
                code: "too_many_requests",
                detail: "There are too many \(what) from your address or key. Wait until one ends, then try again.",
                retryAfter: seconds
            )
        case .allIsTaken:
            Problem(
                status: .serviceUnavailable,
                code: "overloaded",
                detail: "There are too many \(what) at this server. Nothing was done; try again in a moment.",
                retryAfter: seconds
            )
        }
    }
}
