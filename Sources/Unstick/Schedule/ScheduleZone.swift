import Foundation

/// A time zone for a schedule: offsets, and the instant of a wall-clock time.
public struct ScheduleZone: Hashable, Sendable {
    /// The zone's name in the IANA database.
    public let name: String
    private let zone: TimeZone

    /// Coordinated Universal Time, which has no clock changes.
    public static let utc = ScheduleZone(name: "UTC", zone: .gmt)

    private init(name: String, zone: TimeZone) {
        self.name = name
        self.zone = zone
    }

    /// A zone by its IANA name, for example `Europe/Berlin`.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for a name that this machine's database does not have.
    public init(_ name: String) throws {
        if ["UTC", "GMT", "Z"].contains(name.uppercased()) {
            self = .utc
            return
        }
        guard let zone = TimeZone(identifier: name) else {
            throw UnstickError(
                .invalidArgument,
                "There is no time zone '\(name.cut(toBytes: Limits.idBytes))'; use an IANA name such as Europe/Berlin, or UTC."
            )
        }
        self.init(name: name, zone: zone)
    }

    /// Seconds east of UTC at a moment.
    package func offset(at seconds: Int) -> Int {
        self.zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }

    /// The instant of a wall-clock time, in seconds: the first one when the hour is repeated, the moment right after
    /// the gap when it is skipped.
    func instant(ofLocal local: Int) -> Int {
        let before = self.offset(at: local - 86_400)
        let after = self.offset(at: local + 86_400)
        let candidates = [local - before, local - after].sorted()
        for candidate in candidates where candidate + self.offset(at: candidate) == local { return candidate }
        return self.change(between: candidates[0], and: candidates[1])
    }

    /// The first second of the later offset, which applies at `late` and not at `early`.
    private func change(between early: Int, and late: Int) -> Int {
        var (early, late) = (early, late)
        let target = self.offset(at: late)
        while late - early > 1 {
            let middle = early + (late - early) / 2
            if self.offset(at: middle) == target { late = middle } else { early = middle }
        }
        return late
    }
}

extension ScheduleZone {
    /// A time on this zone's clock, for people: `2026-11-23 10:15 +01:00`.
    package func wallClock(_ time: Timestamp) -> String {
        let offset = self.offset(at: time.milliseconds.flooredDivision(by: 1000).quotient)
        let local = Timestamp(milliseconds: time.milliseconds + offset * 1000).description
        let (hours, minutes) = (abs(offset) / 3600, abs(offset) / 60 % 60)
        let sign = offset < 0 ? "-" : "+"
        let digits = [hours, minutes].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
        return local.prefix(10) + " " + local.dropFirst(11).prefix(5) + " " + sign + digits
    }
}
