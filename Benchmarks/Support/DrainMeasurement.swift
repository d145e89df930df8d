import Foundation

/// The time of some work, by the clock and by the processor.
package struct DrainMeasurement: Encodable {
    package var jobs: Int
    package var seconds: Double
    package var cpuSeconds: Double

    package var jobsPerSecond: Double { Double(self.jobs) / self.seconds }
    package var cpuMicrosecondsPerJob: Double { self.cpuSeconds * 1_000_000 / Double(self.jobs) }

    /// The processor time of this process so far.
    package static func ownCPUSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    /// - Parameter cpuSeconds: the processor time so far of the process that does the work.
    package static func of(
        cpuSeconds: () -> Double = Self.ownCPUSeconds,
        _ work: () async throws -> Int
    ) async throws -> DrainMeasurement {
        let cpu = cpuSeconds()
        let start = ContinuousClock.now
        let jobs = try await work()
        let time = ContinuousClock.now - start
        return DrainMeasurement(jobs: jobs, seconds: time / .seconds(1), cpuSeconds: cpuSeconds() - cpu)
    }
}
