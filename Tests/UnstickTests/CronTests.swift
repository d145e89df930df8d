import Foundation
import Testing

@testable import Unstick

@Suite("Cron expressions")
struct CronTests {
    @Test("2,120 expected answers, in UTC and around clock changes in six zones")
    func vectors() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/cron_vectors.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
        #expect(lines.count == 2120)
        for line in lines {
            let fields = Self.fields(of: line)
            let schedule = try CronExpression(fields[1])
            let zone = try ScheduleZone(fields[0])
            var time = Timestamp(seconds: try #require(Int(fields[2])))
            for expected in fields[3].split(separator: " ") {
                time = try #require(schedule.next(after: time, in: zone), "\(line.prefix(60)): never")
                guard time == Timestamp(seconds: try #require(Int(expected))) else {
                    Issue.record("\(fields[0]) '\(fields[1])': \(time) instead of \(expected)")
                    break
                }
            }
        }
    }

    private static func fields(of line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    @Test(
        "invalid expressions are refused, with the field and the reason",
        arguments: [
            ("* * * *", "five fields"), ("* * * * * *", "five fields"), ("", "five fields"), ("@reboot", "five fields"),
            ("60 * * * *", "minute '60'"), ("* 24 * * *", "hour '24'"), ("* * 0 * *", "day of month '0'"),
            ("* * * 13 *", "month '13'"), ("* * * * 8", "day of week '8'"),
            ("x * * * *", "neither a number nor a name"),
            ("5-1 * * * *", "runs backwards"), ("* * * * SAT-SUN", "SAT,SUN"), ("*/0 * * * *", "step"),
            ("*/x * * * *", "step"), ("1,,2 * * * *", "empty"), ("-1 * * * *", "neither"), ("+1 * * * *", "neither"),
            ("0 0 31 2 *", "never runs"), ("0 0 31 4,6,9,11 *", "never runs"), ("? * * * *", "stands alone"),
            ("* * ?/2 * *", "stands alone"), ("* * L * *", "neither"), ("MON * * * *", "neither"),
        ]
    )
    func refused(expression: String, reason: String) {
        let error = #expect(throws: UnstickError.self) { try CronExpression(expression) }
        #expect(error?.code == .invalidArgument && error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test(
        "expressions with the same meaning fire at the same times",
        arguments: [
            ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@weekly", "0 0 * * SUN"), ("@MONTHLY", "0 0 1 * *"),
            ("@yearly", "0 0 1 jan *"), ("0 0 * * 7", "0 0 * * 0"), ("0 0 * * 5-7", "0 0 * * FRI,SAT,SUN"),
            ("0 0 ? * mon", "0 0 * * 1"), ("5/20 * * * *", "5,25,45 * * * *"), ("0\t0  1 1 *", "0 0 1 1 *"),
        ]
    )
    func same(left: String, right: String) throws {
        let (left, right) = (try CronExpression(left), try CronExpression(right))
        var time = Timestamp(seconds: 1_800_000_000)
        for _ in 0..<20 {
            let next = try #require(left.next(after: time))
            #expect(right.next(after: time) == next)
            time = next
        }
    }

    @Test("the last fire time before a time, however long ago")
    func latest() throws {
        let now = try #require(Timestamp("2026-11-23T10:07:30Z"))
        for (expression, expected) in [
            ("*/15 * * * *", "2026-11-23T10:00:00Z"), ("7 10 * * *", "2026-11-23T10:07:00Z"),
            ("8 10 * * *", "2026-11-22T10:08:00Z"), ("0 0 1 * *", "2026-11-01T00:00:00Z"),
            ("0 0 29 2 *", "2024-02-29T00:00:00Z"),
        ] {
            #expect(try CronExpression(expression).latest(atOrBefore: now) == Timestamp(expected), "\(expression)")
        }
        #expect(
            try CronExpression("0 * * * *").latest(atOrBefore: Timestamp("2026-01-01T05:00:00Z")!)
                == Timestamp("2026-01-01T05:00:00Z")
        )
    }

    @Test(
        "schedules as text",
        arguments: [
            ("*/15 * * * *", "every 15 minutes"), ("* * * * *", "every minute"), ("0 * * * *", "every hour"),
            ("0 */6 * * *", "every 6 hours"), ("30 2 * * 1", "at 02:30 on Monday"),
            ("0 9,17 * * 1-5", "at 09:00 and 17:00 on Monday, Tuesday, Wednesday, Thursday and Friday"),
            ("0 0 1,15 * MON", "at 00:00 on day 1 and 15 of the month and on Monday"),
            (
                "0 0 */2 * MON",
                "at 00:00 on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month, if that is Monday"
            ),
            ("5 4 29 2 *", "at 04:05 on day 29 of the month in February"),
            ("*/7 * * * *", "at minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"),
            ("*/10 */2 * * *", "every 10 minutes of every second hour"), ("* 2 * * *", "every minute of hour 2"),
            ("1-10 */3 * * *", "at minute 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10 of every third hour"),
            ("1-10 */4 * * *", "at minute 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10 of every 4th hour"),
        ]
    )
    func descriptions(expression: String, explanation: String) throws {
        #expect(try CronExpression(expression).explanation == explanation)
    }

    @Test("zones are known by name, and show their wall clock")
    func zones() throws {
        #expect(throws: UnstickError.self) { try ScheduleZone("Mars/Olympus") }
        #expect(try ScheduleZone("utc") == .utc)
        let noon = try #require(Timestamp("2026-07-01T12:00:00Z"))
        #expect(try ScheduleZone("Asia/Kolkata").wallClock(noon) == "2026-07-01 17:30 +05:30")
        #expect(try ScheduleZone("America/New_York").wallClock(noon) == "2026-07-01 08:00 -04:00")
        #expect(ScheduleZone.utc.wallClock(noon) == "2026-07-01 12:00 +00:00")
    }
}
