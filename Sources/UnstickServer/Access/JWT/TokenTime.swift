import Unstick

/// A moment in a token: seconds since 1970, which may have a fraction.
///
/// [RFC 7519, section 2](https://www.rfc-editor.org/rfc/rfc7519#section-2)
struct TokenTime {
    /// How far the clocks of whoever signs and whoever checks may differ.
    static let leeway = Duration.seconds(60)
    /// The end of the year 9999, in seconds; what is beyond it is a mistake, such as milliseconds.
    private static let last = 253_402_300_799

    /// The moment.
    let timestamp: Timestamp

    /// Reads a claim.
    init(_ claim: JSONValue) throws(TokenRefusal) {
        switch claim {
        case .integer(let seconds) where 0...Self.last ~= seconds:
            self.timestamp = Timestamp(seconds: seconds)
        case .number(let text):
            guard let seconds = Double(text), 0...Double(Self.last) ~= seconds else { throw .time }
            self.timestamp = Timestamp(milliseconds: Int(seconds * 1000))
        default:
            throw .time
        }
    }

    /// Whether it has passed, with the leeway.
    func hasPassed(at now: Timestamp) -> Bool { now >= self.timestamp + Self.leeway }

    /// Whether it has come, with the leeway.
    func hasCome(at now: Timestamp) -> Bool { now >= self.timestamp - Self.leeway }
}
