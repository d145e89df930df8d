/// Reads dates in the format that HTTP prefers, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// The two obsolete formats of RFC 9110 are not read.
enum HTTPDate {
    private static let weekdays = ["Sun,", "Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The date in seconds since the Unix epoch; `nil` when the text is none.
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
