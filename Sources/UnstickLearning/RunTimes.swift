public import Unstick

/// When the runs of a replay happen.
public enum RunTimes: Hashable, Sendable {
    /// At whole multiples of an interval.
    case every(Duration)
    /// By a schedule, in its time zone.
    case schedule(CronExpression, ScheduleZone)
}

extension RunTimes {
    /// The schedule; `nil` for runs at an interval.
    var schedule: (expression: CronExpression, zone: ScheduleZone)? {
        guard case .schedule(let expression, let zone) = self else { return nil }
        return (expression, zone)
    }

    /// The longest time between two runs; `nil` for a schedule that has hardly any.
    ///
    /// - Parameter time: where a schedule's runs are counted from.
    func longestInterval(from time: Timestamp) -> Duration? {
        switch self {
        case .every(let interval): interval
        case .schedule(let expression, let zone): expression.longestInterval(from: time, in: zone)
        }
    }
}

/// The runs of a replay, to find the first one after a limit.
///
/// The runs of an hour are computed once, because many jobs end in the same hours.
struct RunCalendar: Sendable {
    /// The most hours that are kept: some years.
    private static let mostHours = 50_000
    private static let hour = 3_600_000

    let times: RunTimes
    /// The runs of each hour and the first one after it.
    private var hours: [Int: [Timestamp]] = [:]

    init(_ times: RunTimes) {
        self.times = times
    }

    /// The first run at a time or later; `nil` where the schedule has none in half a century.
    mutating func run(atOrAfter time: Timestamp) -> Timestamp? {
        switch self.times {
        case .every(let interval):
            let step = max(1, interval.inMilliseconds)
            let (quotient, remainder) = time.milliseconds.flooredDivision(by: step)
            return Timestamp(milliseconds: (remainder > 0 ? quotient + 1 : quotient) * step)
        case .schedule(let expression, let zone):
            let hour = time.milliseconds.flooredDivision(by: Self.hour).quotient
            if self.hours[hour] == nil {
                if self.hours.count >= Self.mostHours { self.hours.removeAll() }
                self.hours[hour] = Self.runs(of: hour, expression, zone)
            }
            return self.hours[hour]?.first { $0 >= time }
        }
    }

    private static func runs(of hour: Int, _ expression: CronExpression, _ zone: ScheduleZone) -> [Timestamp] {
        let end = Timestamp(milliseconds: (hour + 1) * Self.hour)
        var runs: [Timestamp] = []
        // From the last millisecond before the hour, because a run may be at its start.
        var last = Timestamp(milliseconds: hour * Self.hour - 1)
        while last < end, let next = expression.next(after: last, in: zone) {
            runs.append(next)
            last = next
        }
        return runs
    }
}
