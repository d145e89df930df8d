package import Unstick

/// Drains of one backlog in batches of one size: by Unstick and by the hand-written floor, in turns.
package struct Drains: Encodable {
    package let batchSize: Int
    package private(set) var ours: [DrainMeasurement] = []
    package private(set) var floor: [DrainMeasurement] = []

    package init(batchSize: Int) {
        self.batchSize = batchSize
    }

    /// One for each batch size that is measured.
    package static var ofAllSizes: [Drains] { [100, 1000, 10_000].map { Drains(batchSize: $0) } }

    package var ofFloor: Double { median(zip(self.ours, self.floor).map { $0.jobsPerSecond / $1.jobsPerSecond }) }
    package var ofFloorByCPU: Double {
        median(zip(self.ours, self.floor).map { $1.cpuMicrosecondsPerJob / $0.cpuMicrosecondsPerJob })
    }

    /// The first cells of the row in a table: both speeds and both ratios.
    package var cells: String {
        let (ours, floor) = (median(self.ours.map(\.jobsPerSecond)), median(self.floor.map(\.jobsPerSecond)))
        return "| batch \(self.batchSize) | \(whole(ours)) | \(whole(floor)) | \(fixed(self.ofFloor))x | "
            + "\(fixed(self.ofFloorByCPU))x |"
    }

    /// Measures both once more; they take turns, because the first one runs on a colder machine.
    package mutating func measure(
        ours: (_ batchSize: Int) async throws -> DrainMeasurement,
        floor: (_ batchSize: Int) async throws -> DrainMeasurement
    ) async throws {
        let isFloorFirst = self.ours.count % 2 == 0
        if isFloorFirst { self.floor.append(try await floor(self.batchSize)) }
        self.ours.append(try await ours(self.batchSize))
        if !isFloorFirst { self.floor.append(try await floor(self.batchSize)) }
    }

    /// Drains a store.
    ///
    /// - Parameter cpuSeconds: the processor time so far of the process that does the work.
    /// - Throws: ``BenchFailure`` when a job is left, or balances and ledger differ.
    package static func ours(
        _ store: some Store,
        batchSize: Int,
        stuck: Int,
        cpuSeconds: () -> Double = DrainMeasurement.ownCPUSeconds
    ) async throws -> DrainMeasurement {
        let options = CleanupOptions(batchSize: batchSize, drain: true, force: true)
        let measurement = try await DrainMeasurement.of(cpuSeconds: cpuSeconds) {
            try await Cleaner(store: store, logger: quiet).cleanupStuckJobs(options).cleanedUp
        }
        guard try await store.reconcile(limit: 1).isClean, measurement.jobs == stuck else {
            throw BenchFailure(reason: "the run left a mismatch or a job")
        }
        return measurement
    }

    /// Drains by the floor.
    ///
    /// - Parameters:
    ///   - cpuSeconds: the processor time so far of the process that does the work.
    ///   - clean: cleans one batch, and returns the number of jobs.
    /// - Throws: ``BenchFailure`` when a job is left.
    package static func floor(
        batchSize: Int,
        stuck: Int,
        cpuSeconds: () -> Double = DrainMeasurement.ownCPUSeconds,
        clean: () throws -> Int
    ) async throws -> DrainMeasurement {
        let measurement = try await DrainMeasurement.of(cpuSeconds: cpuSeconds) {
            var jobs = 0
            while true {
                let taken = try clean()
                jobs += taken
                if taken < batchSize { return jobs }
            }
        }
        guard measurement.jobs == stuck else { throw BenchFailure(reason: "the floor left a job") }
        return measurement
    }
}
