/// Reads the header `Retry-After`.
enum RetryAfter {
    /// The longest wait that a receiver can ask for, in seconds.
    static let limit = 24 * 60 * 60

    /// How long to wait, from a number of seconds or a date; `nil` when the text is neither, or the date is past.
    static func duration(_ text: String, now: Int) -> Duration? {
        let seconds: Int
        if !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
            // Digits that make no number are a very long wait.
            seconds = Int(text) ?? Self.limit
        } else if let date = HTTPDate.seconds(text) {
            seconds = date - now
        } else {
            return nil
        }
        return seconds < 0 ? nil : .seconds(min(seconds, Self.limit))
    }
}
