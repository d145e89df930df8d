import NIOHTTP1

/// The relevant parts of a receiver's answer: its status, and when to retry.
struct WebhookAnswer: Hashable, Sendable {
    /// The status.
    let status: Int
    /// The wait that the receiver requests; only for an answer that is no success.
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

/// The outcome of an attempt to deliver.
struct WebhookOutcome: Hashable, Sendable {
    /// The status of the answer; `nil` without a whole head.
    let status: Int?
    /// The wait that the receiver requests; at most a day.
    let retryAfter: Duration?
    /// What went wrong, for readers of the deliveries; `nil` on success.
    ///
    /// It never contains the receiver's text, a resolved address, a secret, or the path and the query of the URL.
    let failure: String?
    /// How long the attempt took.
    let took: Duration

    /// Whether the receiver has accepted the message.
    var isSuccess: Bool { self.failure == nil }
}

extension WebhookOutcome {
    /// The outcome of an answer, whatever happened to its body.
    init(_ answer: WebhookAnswer, took: Duration) {
        self.init(status: answer.status, retryAfter: answer.retryAfter, failure: answer.failure, took: took)
    }

    /// The outcome of an attempt without an answer.
    init(failure: String, took: Duration) {
        self.init(status: nil, retryAfter: nil, failure: failure, took: took)
    }
}

/// Reads the header `Retry-After`.
enum RetryAfter {
    /// The longest wait that a receiver can request, in seconds.
    static let limit = 24 * 60 * 60

    /// The wait, from a number of seconds or a date; `nil` when the text is neither, or the date is past.
    static func duration(_ text: String, now: Int) -> Duration? {
        let seconds: Int
        if !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
            // A number that overflows is a very long wait.
            seconds = Int(text) ?? Self.limit
        } else if let date = HTTPDate.seconds(text) {
            seconds = date - now
        } else {
            return nil
        }
        return seconds < 0 ? nil : .seconds(min(seconds, Self.limit))
    }
}

/// Reads dates in the format that HTTP prefers, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// The two obsolete formats of RFC 9110 are not read.
enum HTTPDate {
    private static let weekdays = ["Sun,", "Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The date in seconds since the Unix epoch; `nil` when the text is no date.
    static func seconds(_ text: String) -> Int? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, Self.weekdays.contains(parts[0]), parts[5] == "GMT" else { return nil }
        guard let day = Self.number(parts[1], digits: 2, in: 1...31),
            let month = Self.months.firstIndex(of: parts[2]),
            let year = Self.number(parts[3], digits: 4, in: 1970...9999),
            let time = Self.secondsOfDay(parts[4])
        else { return nil }
        return Self.days(year, month + 1, day) * 86_400 + time
    }

    private static func secondsOfDay(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let hour = Self.number(parts[0], digits: 2, in: 0...23),
            let minute = Self.number(parts[1], digits: 2, in: 0...59),
            let second = Self.number(parts[2], digits: 2, in: 0...60)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: String, digits: Int, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let number = Int(text), range ~= number
        else { return nil }
        return number
    }

    /// Counts the days since the Unix epoch, in years that begin with March, so that leap days come last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
