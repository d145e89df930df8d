import Foundation

/// The cost of work: time, and processor time on both sides of the connection.
struct Cost: Encodable {
    var jobs = 0
    var seconds = 0.0
    var ownCPUSeconds = 0.0
    var databaseCPUSeconds = 0.0

    var jobsPerSecond: Double { Double(self.jobs) / self.seconds }
    var ownMicrosecondsPerJob: Double { self.ownCPUSeconds * 1_000_000 / Double(self.jobs) }
    var databaseMicrosecondsPerJob: Double { self.databaseCPUSeconds * 1_000_000 / Double(self.jobs) }
}

/// Sums the costs of one contestant over its turns.
///
/// The turns of the others are between `start` and `stop`, so that all of them use the same machine state.
struct Meter {
    private(set) var cost = Cost()
    private let server: ServerProcesses
    private let database: String
    private var since: Reading?

    private struct Reading {
        let time = ContinuousClock.now
        let ownCPU = ServerProcesses.ownCPUSeconds()
        let databaseCPU: Double
    }

    /// - Parameter database: the database whose server processes are counted.
    init(_ server: ServerProcesses, database: String) {
        self.server = server
        self.database = database
    }

    mutating func start() {
        self.since = Reading(databaseCPU: self.server.cpuSeconds(of: self.database))
    }

    mutating func stop(jobs: Int) {
        guard let since else { preconditionFailure("the meter does not run") }
        self.cost.seconds += (ContinuousClock.now - since.time) / .seconds(1)
        self.cost.ownCPUSeconds += ServerProcesses.ownCPUSeconds() - since.ownCPU
        self.cost.databaseCPUSeconds += self.server.cpuSeconds(of: self.database) - since.databaseCPU
        self.cost.jobs += jobs
        self.since = nil
    }
}
