extension TableMap {
    /// How a moment is kept in a column.
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

        /// The years 1 to 9999, in seconds since 1970: what is outside cannot be read.
        private static let seconds = (first: -62_135_596_800, last: 253_402_300_799)

        /// The first and the last moment that can be read, as a column keeps them; `nil` where every value can be.
        package var range: (first: String, last: String)? {
            let (first, last) = Self.seconds
            return switch self {
            case .own: nil
            case .timestamptz: ("timestamptz '0001-01-01 00:00:00+00'", "timestamptz '9999-12-31 23:59:59+00'")
            case .timestampUTC: ("timestamp '0001-01-01 00:00:00'", "timestamp '9999-12-31 23:59:59'")
            case .epochSeconds: (String(first), String(last))
            case .epochMilliseconds: (String(first * 1000), String(last * 1000))
            }
        }

        /// Whether a column's moment can be read; NULL for NULL.
        package func isReadable(_ expression: String) -> String {
            self.range.map { "\(expression) BETWEEN \($0.first) AND \($0.last)" } ?? "true"
        }

        /// A column's moment in microseconds since 1970.
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
            }
        }

        /// A column's moment in milliseconds since 1970.
        package func milliseconds(_ expression: String) -> String {
            switch self {
            case .own: expression
            case .timestamptz, .timestampUTC:
                self.clamped(expression, 1000, "CAST(floor(extract(epoch FROM \(expression)) * 1000) AS bigint)")
            case .epochSeconds:
                self.clamped(expression, 1000, "CAST(floor(CAST(\(expression) AS numeric) * 1000) AS bigint)")
            case .epochMilliseconds: self.clamped(expression, 1000, "CAST(\(expression) AS bigint)")
            }
        }

        /// A conversion that no value of a column can break: what cannot be read becomes a moment outside of the range.
        ///
        /// - Parameter scale: how many of the result's units a second has.
        private func clamped(_ expression: String, _ scale: Int, _ conversion: String) -> String {
            guard let range else { return conversion }
            let (first, last) = Self.seconds
            return """
                CASE WHEN \(expression) < \(range.first) THEN \((first - 1) * scale)
                    WHEN \(expression) > \(range.last) THEN \((last + 1) * scale) ELSE \(conversion) END
                """
        }

        /// Microseconds since 1970 as a column keeps them.
        ///
        /// Whatever the session's time zone is.
        package func value(microseconds: String) -> String {
            switch self {
            case .timestamptz:
                "(timestamptz '1970-01-01 00:00:00+00' + \(Self.interval(microseconds)))"
            case .timestampUTC: "(timestamp '1970-01-01 00:00:00' + \(Self.interval(microseconds)))"
            case .epochSeconds: "(CAST(\(microseconds) AS bigint) / 1000000)"
            case .own, .epochMilliseconds: "(CAST(\(microseconds) AS bigint) / 1000)"
            }
        }

        /// Exact for any year: whole seconds and the rest apart, because an interval is multiplied as a floating point number.
        private static func interval(_ microseconds: String) -> String {
            let whole = "CAST(\(microseconds) AS bigint)"
            return "\(whole) / 1000000 * interval '1 second' + \(whole) % 1000000 * interval '1 microsecond'"
        }
    }
}
