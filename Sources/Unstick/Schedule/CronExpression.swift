/// A schedule in five-field cron syntax, with Debian's rules.
///
/// `minute hour day-of-month month day-of-week`, each `*`, a value, a range, a list, with `/step`; months and days also by
/// name; 7 is Sunday; `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually` are short forms. A day matches
/// when both day fields do if one of them starts with a star, and when either does if neither starts with one.
public struct CronExpression: Hashable, Sendable, CustomStringConvertible {
    /// The expression as it was written.
    public let description: String

    let minute: CronField
    let hour: CronField
    let dayOfMonth: CronField
    let month: CronField
    let dayOfWeek: CronField

    private static let macros = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// Reads an expression.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` with the invalid field and the reason; also for a date that never
    ///   occurs, such as 31 February.
    public init(_ text: String) throws {
        let expression = Self.macros[text.lowercased()] ?? text
        let fields = expression.split(whereSeparator: \.isWhitespace)
        guard text.utf8.count <= Limits.idBytes, fields.count == 5 else {
            throw UnstickError(
                .invalidArgument,
                "The schedule '\(text.cut(toBytes: Limits.idBytes))' must have five fields (minute, hour, day of month, month, "
                    + "day of week), for example '*/15 * * * *', or be one of \(Self.macros.keys.sorted().joined(separator: " "))."
            )
        }
        self.description = text
        self.minute = try CronField(fields[0], unit: .minute)
        self.hour = try CronField(fields[1], unit: .hour)
        self.dayOfMonth = try CronField(fields[2], unit: .dayOfMonth)
        self.month = try CronField(fields[3], unit: .month)
        self.dayOfWeek = try CronField(fields[4], unit: .dayOfWeek)
        guard self.firstMatchingDay(from: CivilDate(year: 2000, month: 1, day: 1).daysSinceEpoch) != nil else {
            throw UnstickError(.invalidArgument, "The schedule '\(text)' never runs: no month has such a day.")
        }
    }

    /// The first day, counted from 1970-01-01, that matches on or after `day`; `nil` when none does in half a century.
    func firstMatchingDay(from day: Int) -> Int? {
        (day...(day + 366 * 50)).first { matches(CivilDate(daysSinceEpoch: $0)) }
    }

    private func matches(_ date: CivilDate) -> Bool {
        guard self.month.contains(date.month) else { return false }
        let byMonth = self.dayOfMonth.contains(date.day)
        let byWeek = self.dayOfWeek.contains(date.weekday)
        return self.dayOfMonth.isStar || self.dayOfWeek.isStar ? byMonth && byWeek : byMonth || byWeek
    }
}
