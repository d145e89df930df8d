extension CronExpression {
    /// The first time after `moment` at which the schedule fires; `nil` when that is more than half a century away.
    ///
    /// Clock changes follow Debian's rules. A fixed time (no leading star in minute and hour) that the clock skips
    /// fires right after the gap, and one that the clock repeats fires once. Everything else follows real time.
    public func next(after time: Timestamp, in zone: ScheduleZone = .utc) -> Timestamp? {
        let start = (time.milliseconds.flooredDivision(by: 60_000).quotient + 1) * 60
        let seconds =
            self.minute.isStar || self.hour.isStar
            ? self.nextByRealTime(from: start, in: zone) : self.nextByWallClock(from: start, in: zone)
        return seconds.map(Timestamp.init(seconds:))
    }

    /// The last time at or before `moment` at which the schedule fired, at most eight years back.
    package func latest(atOrBefore time: Timestamp, in zone: ScheduleZone = .utc) -> Timestamp? {
        for hours in [1, 24, 24 * 8, 24 * 32, 24 * 366, 24 * 366 * 8] {
            var latest: Timestamp?
            var from = time - .seconds(hours * 3600)
            while let next = self.next(after: from, in: zone), next <= time {
                latest = next
                from = next
            }
            if let latest { return latest }
        }
        return nil
    }

    /// The longest time between two of the next times, within a year or a thousand times.
    package func longestInterval(from time: Timestamp, in zone: ScheduleZone = .utc) -> Duration? {
        var longest: Duration?
        var last = self.next(after: time, in: zone)
        for _ in 0..<1000 {
            guard let before = last, before - time < .seconds(366 * 86_400),
                let next = self.next(after: before, in: zone)
            else { break }
            longest = max(longest ?? .zero, next - before)
            last = next
        }
        return longest
    }

    private func nextByWallClock(from start: Int, in zone: ScheduleZone) -> Int? {
        // From the day before, because a time that the clock skipped fires later than its own wall-clock time.
        var day = Self.wallClock(at: start, in: zone).day - 1
        while let matching = self.firstMatchingDay(from: day) {
            for hour in self.hour.values {
                for minute in self.minute.values {
                    let instant = zone.instant(ofLocal: matching * 86_400 + hour * 3600 + minute * 60)
                    if instant >= start { return instant }
                }
            }
            day = matching + 1
        }
        return nil
    }

    private func nextByRealTime(from start: Int, in zone: ScheduleZone) -> Int? {
        var instant = start
        while true {
            let (day, second) = Self.wallClock(at: instant, in: zone)
            guard let matching = self.firstMatchingDay(from: day) else { return nil }
            if matching > day {
                instant = max(zone.instant(ofLocal: matching * 86_400), instant + 60)
            } else if !self.hour.contains(second / 3600) {
                instant = self.nextHour(from: instant - second % 3600, of: day, in: zone)
            } else if !self.minute.contains(second / 60 % 60) {
                instant += 60
            } else {
                return instant
            }
        }
    }

    /// The start of the next hour that matches, or of the next day.
    ///
    /// Hours count in real time: after a clock change of half an hour they begin at half past.
    private func nextHour(from hourStart: Int, of day: Int, in zone: ScheduleZone) -> Int {
        var instant = hourStart
        while true {
            instant += 3600
            let now = Self.wallClock(at: instant, in: zone)
            if now.day != day || self.hour.contains(now.second / 3600) { return instant }
        }
    }

    private static func wallClock(at instant: Int, in zone: ScheduleZone) -> (day: Int, second: Int) {
        let (day, second) = (instant + zone.offset(at: instant)).flooredDivision(by: 86_400)
        return (day, second)
    }
}
