import Foundation

/// How long some work took, by the clock and by the processor.
struct Measurement: Encodable {
    var jobs: Int
    var seconds: Double
    var cpuSeconds: Double

    var jobsPerSecond: Double { Double(self.jobs) / self.seconds }
    var cpuMicrosecondsPerJob: Double { self.cpuSeconds * 1_000_000 / Double(self.jobs) }

    static func of(_ work: () async throws -> Int) async throws -> Measurement {
        let cpu = clock()
        let start = ContinuousClock.now
        let jobs = try await work()
        let time = ContinuousClock.now - start
        return Measurement(
            jobs: jobs,
            seconds: time / .seconds(1),
            cpuSeconds: Double(clock() - cpu) / Double(CLOCKS_PER_SEC)
        )
    }
}
