import Foundation
import Testing

@testable import Unstick

@Suite("Times and durations")
struct TimeTests {
    @Test(
        "times are read as RFC 3339 or epoch seconds",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-23T09:15:00Z", 1_795_425_300_000),
            ("2026-11-23T09:15:00.25Z", 1_795_425_300_250), ("2026-11-23T09:15:00.123456789Z", 1_795_425_300_123),
            ("2026-11-23t10:15:00+01:00", 1_795_425_300_000), ("2026-11-23 04:45:00-04:30", 1_795_425_300_000),
            ("1795425300", 1_795_425_300_000), ("1795425300.5", 1_795_425_300_500), ("0", 0), ("-1", -1000),
            ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ]
    )
    func reading(text: String, milliseconds: Int) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "an invalid time is refused",
        arguments: [
            "", "now", "2026-11-23", "2026-11-23T09:15:00", "2026-11-23T09:15Z", "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T09:60:00Z", "2026-11-23T09:15:00.Z",
            "2026-11-23T09:15:00Z ", "2026-11-23T09:15:00+0100", "1.5.2", "1e9", "99999999999999", "12a", "-",
            "2026-11-23T09:15:00+25:00", "0000-01-01T00:00:00Z", "999999999999",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("a written time is read back unchanged, over three thousand years")
    func roundTrip() {
        for step in -2000..<2000 {
            let time = Timestamp(milliseconds: step * 24_000_000_017)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test("civil dates agree with the calendar of the system")
    func civil() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for days in stride(from: -20_000, through: 40_000, by: 13) {
            let date = CivilDate(daysSinceEpoch: days)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .weekday],
                from: Date(timeIntervalSince1970: Double(days) * 86_400)
            )
            #expect(date.year == parts.year && date.month == parts.month && date.day == parts.day)
            #expect(date.weekday + 1 == parts.weekday && date.daysSinceEpoch == days)
        }
    }

    @Test("times are JSON texts, and other texts are refused")
    func json() throws {
        let time = Timestamp(milliseconds: 1_795_425_300_250)
        let data = try JSONEncoder().encode([time])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-23T09:15:00.250Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [time])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data(#"["x"]"#.utf8)) }
    }

    @Test(
        "durations with units are read",
        arguments: [
            ("90s", 90_000), ("5m", 300_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("250ms", 250),
            ("1d2h3m4s5ms", 93_784_005), ("0s", 0),
        ]
    )
    func durations(text: String, milliseconds: Int) {
        #expect(Duration(text: text)?.inMilliseconds == milliseconds)
    }

    @Test(
        "invalid durations are refused",
        arguments: ["", "m", "5", "5x", "-5m", "5m5m", "5m1h", "1.5h", "5 m", "+5", "99999999999999999999d", "٥m"]
    )
    func badDurations(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(
        "for a number without a unit an error has the two likely meanings",
        arguments: [
            ("300", "'300' has no unit: write 300s or 5m for seconds, or 300ms for milliseconds."),
            ("300000", "'300000' has no unit: write 300000s or 3d11h20m for seconds, or 300000ms for milliseconds."),
            ("45", "'45' has no unit: write 45s for seconds, or 45ms for milliseconds."),
            ("0", "'0' has no unit; write 0s."), ("soon", "'soon' is not a duration; write 500ms, 90s, 5m, 1h30m, 7d."),
            ("99999999999999999999", "'99999999999999999999' is not a duration; write 500ms, 90s, 5m, 1h30m, 7d."),
            ("-300", "'-300' is not a duration; write 500ms, 90s, 5m, 1h30m, 7d."),
        ]
    )
    func mistakes(text: String, advice: String) {
        #expect(Duration.mistake(in: text) == advice)
        #expect(throws: UnstickError(.invalidArgument, "The timeout: \(advice)")) {
            try Duration(text: text, of: "The timeout")
        }
    }

    @Test("a written duration can be read again", arguments: [0, 1, 999, 1000, 90_000, 5_400_000, 93_784_005])
    func written(milliseconds: Int) {
        let duration = Duration.milliseconds(milliseconds)
        #expect(Duration(text: duration.written) == duration)
    }

    @Test(
        "durations for people",
        arguments: [
            (0, "0ms"), (999, "999ms"), (1000, "1s"), (59_999, "59s"), (300_000, "5m"), (750_000, "12m 30s"),
            (3_600_000, "1h"), (3_601_000, "1h"), (11_100_000, "3h 5m"), (792_000_000, "9d 4h"), (-90_000, "-1m 30s"),
        ]
    )
    func durationTexts(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).text == text)
    }
}
