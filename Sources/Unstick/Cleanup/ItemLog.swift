import Logging

/// The log lines of the jobs of one run: one for each job up to a limit, and a count of the rest.
package struct ItemLog {
    /// More lines of one run would hide other lines; its record has all jobs.
    package static let mostLines = 1000

    private var logged = 0
    private var left = 0

    /// Logs the outcome of a job.
    mutating func note(_ item: RunItem, to logger: Logger) {
        let usual: Logger.Level = item.error != nil ? .warning : item.action.previewed == item.action ? .debug : .info
        let isOver = self.logged >= Self.mostLines
        if usual > .debug { if isOver { self.left += 1 } else { self.logged += 1 } }
        logger.log(
            level: isOver ? .debug : usual,
            "\(item.error == nil ? "Stuck job" : "Stuck job could not be cleaned")",
            metadata: [
                "jobId": "\(item.jobID)", "userId": "\(item.userID)", "action": "\(item.action.rawValue)",
                "tokensRefunded": .stringConvertible(item.tokensRefunded), "reason": "\(item.error ?? item.reason)",
            ]
        )
    }

    /// Logs how many jobs have no line.
    func end(to logger: Logger) {
        guard self.left > 0 else { return }
        logger.info(
            "Further jobs are not logged; the run's record has all of them",
            metadata: ["jobs": .stringConvertible(self.left)]
        )
    }
}
