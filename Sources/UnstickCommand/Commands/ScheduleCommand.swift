import ArgumentParser
import Foundation
import Unstick
import UnstickSQLite

struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Explain a cron expression in words and list its next times."
    )

    @Argument(help: "Five fields, for example '*/15 * * * *', or a short form such as @daily.")
    var expression: String
    @OptionGroup var output: OutputOptions
    @OptionGroup(visibility: .hidden) var database: DatabaseOptions
    @Option(help: "The time zone, for example Europe/Berlin (CLEANUP_ZONE). Default: UTC.")
    var zone: String?
    @Option(help: "List times after this one: RFC 3339 or seconds since 1970. Default: now.")
    var after: String?
    @Option(help: "The number of times to list, 1 to 1,000.")
    var count = 5

    private struct Answer: Encodable {
        var expression: String
        var words: String
        var zone: String
        var next: [Int]
    }

    func run() throws {
        guard 1...1000 ~= self.count else { throw UnstickError(.invalidArgument, "--count must be from 1 to 1000.") }
        let schedule = try CronExpression(self.expression)
        let zone = try self.zone.map { try ScheduleZone($0) } ?? CleanupSettings(Settings()).zone
        let now = SQLiteStore.machineClock()
        let start = try self.after.map { text in
            guard let time = Timestamp(text) else {
                throw UnstickError(
                    .invalidArgument,
                    "--after must be a time such as 2026-11-23T09:15:00Z, or seconds since 1970."
                )
            }
            return time
        }
        let times = Array(
            sequence(state: start ?? now) { (last: inout Timestamp) -> Timestamp? in
                guard let next = schedule.next(after: last, in: zone) else { return nil }
                last = next
                return next
            }.prefix(self.count)
        )
        if self.output.json {
            return try Output.json(
                Answer(
                    expression: self.expression,
                    words: schedule.explanation,
                    zone: zone.name,
                    next: times.map { $0.milliseconds / 1000 }
                )
            )
        }
        Output.line("\(schedule.explanation) (\(zone.name))")
        for time in times { Output.line("  \(zone.wallClock(time))  \(time.ago(now))") }
    }
}
