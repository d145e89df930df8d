extension Timestamp: CustomStringConvertible, Codable {
    /// The time as RFC 3339 in UTC with milliseconds, for example `2026-11-23T09:15:00.250Z`.
    public var description: String {
        let (days, millisecondOfDay) = milliseconds.flooredDivision(by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: days)
        let second = millisecondOfDay / 1000
        return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
            + "T" + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
            + "." + padded(millisecondOfDay % 1000, 3) + "Z"
    }

    /// Reads RFC 3339 (`2026-11-23T09:15:00Z`, with an offset or a fraction) or epoch seconds (`1763889300`, also with
    /// a fraction).
    ///
    /// A time without an offset is refused: a wrong guess of the zone fails live jobs.
    ///
    /// - Returns: `nil` when the text is neither, or is outside the years 1 to 9999.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        let parsed = text.withUTF8 { Timestamp(utf8: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The same for raw bytes, for readers of large files.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        var reader = TimeReader(bytes: bytes)
        guard let milliseconds = bytes.count > 4 && bytes[4] == UInt8(ascii: "-") ? reader.rfc3339() : reader.epoch(),
            Self.years.contains(milliseconds)
        else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// The first and last millisecond of the years 1 to 9999.
    static let years = -62_135_596_800_000...253_402_300_799_999

    /// Reads RFC 3339 text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let parsed = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time: \(text)")
        }
        self = parsed
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Reads one time from bytes, forward; every method returns `nil` at the first byte that does not fit.
private struct TimeReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    mutating func rfc3339() -> Int? {
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
            skip("T") || skip("t") || skip(" "),
            let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2),
            year >= 1, 1...12 ~= month, 1...CivilDate.daysIn(month: month, year: year) ~= day,
            hour < 24, minute < 60, second <= 60,
            let fraction = fraction(), let offset = offset(), position == bytes.count
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + fraction
    }

    mutating func epoch() -> Int? {
        let negative = skip("-")
        let start = position
        var seconds = 0
        while let digit = digit() {
            guard position - start <= 12 else { return nil }
            seconds = seconds * 10 + digit
        }
        guard position > start, let fraction = fraction(), position == bytes.count else { return nil }
        return (seconds * 1000 + fraction) * (negative ? -1 : 1)
    }

    /// Milliseconds after an optional point; further digits are dropped.
    private mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        var milliseconds = 0
        var weight = 100
        let start = position
        while let digit = digit() {
            milliseconds += digit * weight
            weight /= 10
        }
        return position > start ? milliseconds : nil
    }

    /// Minutes east of UTC.
    private mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), skip(":"), let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private mutating func digit() -> Int? {
        guard position < bytes.count, 48...57 ~= bytes[position] else { return nil }
        defer { position += 1 }
        return Int(bytes[position]) - 48
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
