extension ResolvedTables {
    /// How a time is stored in a column.
    package enum TimeKind: Sendable, CaseIterable {
        /// Milliseconds since 1970, written by Unstick: always in range.
        case own
        /// `timestamp with time zone`.
        case timestamptz
        /// `timestamp` without a zone, in UTC.
        case timestampUTC
        /// Seconds since 1970.
        case epochSeconds
        /// Milliseconds since 1970.
        case epochMilliseconds
        /// A text of SQLite, in UTC: `2026-11-29 18:00:00`, with six more digits unless they are all 0.
        case text

        /// The years 1 to 9999, in seconds since 1970: times outside cannot be read.
        private static let seconds = (first: -62_135_596_800, last: 253_402_300_799)

        /// The first and the last readable time, as a column stores them; `nil` where every value is readable.
        package var range: (first: String, last: String)? {
            let (first, last) = Self.seconds
            return switch self {
            case .own: nil
            case .timestamptz: ("timestamptz '0001-01-01 00:00:00+00'", "timestamptz '9999-12-31 23:59:59+00'")
            case .timestampUTC: ("timestamp '0001-01-01 00:00:00'", "timestamp '9999-12-31 23:59:59'")
            case .epochSeconds: (String(first), String(last))
            case .epochMilliseconds: (String(first * 1000), String(last * 1000))
            case .text: ("'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'")
            }
        }

        /// Whether a column's time is readable; NULL for NULL.
        package func isReadable(_ expression: String) -> String {
            guard let range else { return "true" }
            let isInRange = "\(expression) BETWEEN \(range.first) AND \(range.last)"
            guard self == .text else { return isInRange }
            // A zone, or a T between date and time, would be read as another time.
            return """
                CASE WHEN \(expression) IS NOT NULL THEN \(isInRange) AND \(Self.seconds(of: expression)) IS NOT NULL
                    AND substr(\(expression), 11, 1) = ' ' AND NOT substr(\(expression), 20) GLOB '*[^0-9.]*' END
                """
        }

        /// A column's time in microseconds since 1970.
        package func microseconds(_ expression: String) -> String {
            switch self {
            case .own: "CAST(\(expression) AS bigint) * 1000"
            case .timestamptz, .timestampUTC:
                self.clamped(expression, 1_000_000, "CAST(extract(epoch FROM \(expression)) * 1000000 AS bigint)")
            case .epochSeconds:
                self.clamped(
                    expression,
                    1_000_000,
                    "CAST(floor(CAST(\(expression) AS numeric) * 1000000) AS bigint)"
                )
            case .epochMilliseconds: self.clamped(expression, 1_000_000, "CAST(\(expression) AS bigint) * 1000")
            case .text: self.clamped(expression, 1_000_000, Self.text(expression, 1_000_000, digits: 6))
            }
        }

        /// A column's time in milliseconds since 1970.
        package func milliseconds(_ expression: String) -> String {
            switch self {
            case .own: expression
            case .timestamptz, .timestampUTC:
                self.clamped(expression, 1000, "CAST(floor(extract(epoch FROM \(expression)) * 1000) AS bigint)")
            case .epochSeconds:
                self.clamped(expression, 1000, "CAST(floor(CAST(\(expression) AS numeric) * 1000) AS bigint)")
            case .epochMilliseconds: self.clamped(expression, 1000, "CAST(\(expression) AS bigint)")
            case .text: self.clamped(expression, 1000, Self.text(expression, 1000, digits: 3))
            }
        }

        /// A conversion that no value of a column can break: an unreadable value becomes a time outside the range.
        ///
        /// - Parameter scale: the number of result units in a second.
        private func clamped(_ expression: String, _ scale: Int, _ conversion: String) -> String {
            guard let range else { return conversion }
            let (first, last) = Self.seconds
            return """
                CASE WHEN \(expression) < \(range.first) THEN \((first - 1) * scale)
                    WHEN \(expression) > \(range.last) THEN \((last + 1) * scale) ELSE \(conversion) END
                """
        }

        /// Microseconds since 1970 as a column stores them.
        ///
        /// Independent of the session's time zone.
        package func value(microseconds: String) -> String {
            switch self {
            case .timestamptz:
                "(timestamptz '1970-01-01 00:00:00+00' + \(Self.interval(microseconds)))"
            case .timestampUTC: "(timestamp '1970-01-01 00:00:00' + \(Self.interval(microseconds)))"
            case .epochSeconds: "(CAST(\(microseconds) AS bigint) / 1000000)"
            case .own, .epochMilliseconds: "(CAST(\(microseconds) AS bigint) / 1000)"
            case .text: Self.text(microseconds: microseconds)
            }
        }

        // MARK: Texts of SQLite

        /// The whole seconds of a text; without its fraction, which SQLite would round.
        private static func seconds(of text: String) -> String { "strftime('%s', substr(\(text), 1, 19))" }

        /// A text that is no time becomes one outside the range.
        private static func text(_ expression: String, _ scale: Int, digits: Int) -> String {
            let (seconds, zeros) = (Self.seconds(of: expression), String(repeating: "0", count: digits))
            let fraction = "CAST(substr(substr(\(expression), 21) || '\(zeros)', 1, \(digits)) AS integer)"
            return """
                CASE WHEN \(seconds) IS NOT NULL THEN CAST(\(seconds) AS integer) * \(scale) + \(fraction)
                    WHEN \(expression) IS NOT NULL THEN \((Self.seconds.first - 1) * scale) END
                """
        }

        private static func text(microseconds: String) -> String {
            let fraction = "((\(microseconds)) % 1000000 + 1000000) % 1000000"
            return """
                (strftime('%Y-%m-%d %H:%M:%S', ((\(microseconds)) - \(fraction)) / 1000000, 'unixepoch')
                    || CASE WHEN \(fraction) = 0 THEN '' ELSE printf('.%06d', \(fraction)) END)
                """
        }

        /// Exact for any year: whole seconds and the rest separately, because an interval is multiplied as a floating
        /// point number.
        private static func interval(_ microseconds: String) -> String {
            let whole = "CAST(\(microseconds) AS bigint)"
            return "\(whole) / 1000000 * interval '1 second' + \(whole) % 1000000 * interval '1 microsecond'"
        }
    }
}
