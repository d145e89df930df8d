import Unstick

/// A difference between written times and the database's clock that a time zone, or a change of the clock, explains.
struct ClockOffset: Hashable {
    /// How far the times are behind the clock; below zero for times ahead of it.
    let behind: Duration

    /// Zones differ from UTC by a multiple of it.
    private static let step = Duration.seconds(15 * 60)
    /// How far from such a multiple the newest time of jobs in progress may be.
    static let tolerance = Duration.seconds(120)
    /// The ages that a zone explains.
    static let explained = Duration.seconds(15 * 60)...Duration.seconds(14 * 3600)

    /// - Returns: `nil` where no zone explains the age.
    init?(ofAge age: Duration) {
        guard Self.explained.contains(age < .zero ? .zero - age : age) else { return nil }
        let steps = Int((Double(age.inMilliseconds) / Double(Self.step.inMilliseconds)).rounded())
        let nearest = Self.step * steps
        guard (age - nearest).isWithin(Self.tolerance) else { return nil }
        self.behind = nearest
    }

    /// Well-known zones, one for each difference from UTC at least.
    private static let zones = [
        "America/New_York", "America/Los_Angeles", "America/Chicago", "America/Denver", "America/Sao_Paulo",
        "America/Halifax", "America/St_Johns", "America/Anchorage", "Pacific/Honolulu", "Atlantic/Azores",
        "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul", "Asia/Dubai", "Asia/Tehran", "Asia/Kabul",
        "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok", "Asia/Shanghai",
        "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney", "Pacific/Noumea", "Pacific/Auckland", "Pacific/Apia",
    ]

    /// A zone that has this difference now; `nil` where no well-known one has.
    func zone(at now: Timestamp) -> String? {
        let seconds = now.milliseconds / 1000
        return Self.zones.first { name in
            (try? ScheduleZone(name))?.offset(at: seconds) == -self.behind.inMilliseconds / 1000
        }
    }

    /// The difference of the writer's zone from UTC: `UTC-5`, `UTC+5:30`.
    private var utc: String {
        let minutes = abs(self.behind.inMilliseconds) / 60_000
        let rest = minutes % 60 == 0 ? "" : ":\(minutes % 60)"
        return "UTC\(self.behind < .zero ? "+" : "-")\(minutes / 60)\(rest)"
    }

    /// What times of this kind look like.
    func explanation(_ kind: MappingFile.TimeKind, at now: Timestamp) -> String {
        let zone = self.zone(at: now).map { "\($0) (\(self.utc))" } ?? self.utc
        let local = "they look like local time of \(zone)"
        let change = abs(self.behind.inMilliseconds) == 3_600_000 ? ", or like a clock that was changed by an hour" : ""
        return kind == .timestampUTC ? "\(local) read as UTC\(change)" : "\(local) written as if it was UTC\(change)"
    }
}

extension Duration {
    /// Whether it is at most this far from zero.
    func isWithin(_ tolerance: Duration) -> Bool { (.zero - tolerance...tolerance).contains(self) }
}
