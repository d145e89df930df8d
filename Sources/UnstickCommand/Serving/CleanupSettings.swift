import Unstick
import UnstickSQLite

/// The default options of runs, for the server and for every command.
struct CleanupSettings {
    /// Replaces the timeout of every rule of the policy; `nil` leaves them unchanged.
    let timeout: Duration?
    /// The size of a batch; `nil` for the standard one.
    let batchSize: Int?
    /// `nil` where callers of the cron endpoint start runs.
    let schedule: CronExpression?
    let zone: ScheduleZone

    /// - Throws: `invalidArgument` with the invalid setting and what is valid.
    init(_ settings: Settings) throws {
        self.timeout = try settings[.timeout].map { try Duration(text: $0, of: "CLEANUP_TIMEOUT") }
        self.batchSize = try settings[.batchSize].map { text in
            guard let size = Int(text), Limits.batchSize ~= size else {
                throw UnstickError(
                    .invalidArgument,
                    "CLEANUP_BATCH_SIZE must be a whole number from \(Limits.batchSize.lowerBound) to "
                        + "\(Limits.batchSize.upperBound)."
                )
            }
            return size
        }
        do { try CleanupOptions(timeout: self.timeout).validate() } catch let error as UnstickError {
            throw UnstickError(error.code, "CLEANUP_TIMEOUT: \(error.message)")
        }
        let schedule = settings[.schedule] ?? "off"
        self.schedule = schedule.lowercased() == "off" ? nil : try CronExpression(schedule)
        self.zone = try ScheduleZone(settings[.zone] ?? "UTC")
    }

    /// The options of a run; the timeout is part of the policy in force.
    var options: CleanupOptions { CleanupOptions(batchSize: self.batchSize) }

    /// The longest time between two runs; `nil` without a schedule.
    var interval: Duration? {
        self.schedule?.longestInterval(from: SQLiteStore.machineClock(), in: self.zone)
    }
}
