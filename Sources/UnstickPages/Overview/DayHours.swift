import Unstick

/// The totals of runs in each of the last 24 hours.
struct DayHours {
    /// One hour in the table.
    struct Row {
        var hour: String
        var failed: String
        var retried: String
        var refunded: String
        var found: String
    }

    private static let hour = 3_600_000
    private static let count = 24

    private let totals: [HourTotals]

    init(_ known: [HourTotals], now: Timestamp) {
        let known = Dictionary(known.map { ($0.hour, $0) }) { first, _ in first }
        let start = Self.start(now).milliseconds
        self.totals = (0..<Self.count).map { index in
            let hour = Timestamp(milliseconds: start + index * Self.hour)
            return known[hour] ?? HourTotals(hour: hour, failed: 0, retried: 0, tokensRefunded: 0, mostFound: 0)
        }
    }

    /// When the first of the hours began.
    static func start(_ now: Timestamp) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds / Self.hour * Self.hour - (Self.count - 1) * Self.hour)
    }

    /// When the day began, in UTC.
    static func midnight(_ now: Timestamp) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds / (24 * Self.hour) * (24 * Self.hour))
    }

    var chart: DayChart {
        DayChart(
            id: "day-chart",
            points: self.totals.map { total in
                DayChart.Point(
                    hour: Self.label(total.hour),
                    failed: total.failed,
                    retried: total.retried,
                    tokensRefunded: total.tokensRefunded,
                    stuckFound: total.mostFound
                )
            },
            lastIsPartial: true
        )
    }

    var rows: [Row] {
        self.totals.map { total in
            Row(
                hour: Self.label(total.hour),
                failed: total.failed.grouped,
                retried: total.retried.grouped,
                refunded: total.tokensRefunded.grouped,
                found: total.mostFound.grouped
            )
        }
    }

    private static func label(_ hour: Timestamp) -> String { String(hour.description.dropFirst(11).prefix(5)) }
}
