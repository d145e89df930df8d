package import Unstick

/// Heartbeats of running jobs, one by one and in batches, beside what a lease avoids: an update of the job's own row.
package struct Beats {
    package static let batchSizes = [1, 100]
    /// How many jobs run at once: the cost of one heartbeat must not grow with them.
    private static let running = [1000, 10_000, 100_000]

    private let store: any JobStore
    private let jobs: [Job]
    private let running: [Int]
    private let count: Int
    private let rounds: Int

    /// Creates the jobs.
    ///
    /// - Parameter count: the least number of heartbeats in the batches of each size.
    package init(_ store: any Store, count: Int, rounds: Int) async throws {
        let running = count < Self.running[0] ? [Self.batchSizes[1]] : Self.running
        let now = try await store.now()
        let jobs = (0..<(running.max() ?? 0)).map { number in
            Job(
                id: "beat-\(number)",
                userID: "worker-\(number % 100)",
                kind: "image",
                tokensCost: 0,
                status: .processing,
                attempt: 1,
                createdAt: now,
                processingStartedAt: now,
                updatedAt: now
            )
        }
        let start = try await store.beginImport()
        try await start.stage(jobs)
        _ = try await start.commit { _, _ in }
        (self.store, self.jobs, self.running) = (store, jobs, running)
        (self.count, self.rounds) = (count, rounds)
    }

    /// - Parameters:
    ///   - update: updates the rows of these jobs.
    ///   - written: how much the database has written to its log so far, if it can report that.
    package func compare(
        _ update: ([Job]) async throws -> Void,
        written: () throws -> Int? = { nil }
    ) async throws -> Report {
        var report = Report()
        for (running, size) in self.running.flatMap({ running in Self.batchSizes.map { (running, $0) } }) {
            // As many transactions for batches, so that these take about as long.
            let calls = size == 1 ? self.count : self.count / 20
            // The first heartbeat of an attempt creates its lease; the second and later ones are measured.
            try await self.everyBatch(of: 100, calls: running / 100, among: running, self.beat)
            try await self.everyBatch(of: 100, calls: running / 100, among: running, update)
            var bytes: (ours: [Double], other: [Double]) = ([], [])
            func measure(_ call: ([Job]) async throws -> Void, _ bytes: inout [Double]) async throws -> Double {
                let before = try written()
                let rate = try await perSecond(calls * size) {
                    try await self.everyBatch(of: size, calls: calls, among: running, call)
                }
                if let before, let after = try written() { bytes.append(Double(after - before) / Double(calls * size)) }
                return rate
            }
            let name = (size == 1 ? "one by one" : "in batches of \(size)") + ", \(running) running"
            report.rates.append(
                try await Duel(name, rounds: self.rounds) { _ in
                    try await measure(self.beat, &bytes.ours)
                } other: { _ in
                    try await measure(update, &bytes.other)
                }
            )
            if !bytes.ours.isEmpty { report.bytes.append(Duel(name, ours: bytes.ours, other: bytes.other)) }
        }
        return report
    }

    private func everyBatch(
        of size: Int,
        calls: Int,
        among running: Int,
        _ call: ([Job]) async throws -> Void
    ) async throws {
        for number in 0..<calls {
            let start = number * size % running
            try await call(Array(self.jobs[start..<min(start + size, running)]))
        }
    }

    private func beat(_ jobs: [Job]) async throws {
        let answers = try await self.store.heartbeat(jobs.map { Heartbeat(jobID: $0.id, attempt: $0.attempt) })
        guard answers.allSatisfy({ $0 == .alive }) else { throw BenchFailure(reason: "a sign of life was refused") }
    }

    package struct Report: Encodable {
        package var rates: [Duel] = []
        /// Bytes of the write-ahead log for a heartbeat.
        package var bytes: [Duel] = []

        package func printTable() {
            Duel.printTable(
                self.rates,
                "signs of life",
                ours: "Unstick, beats/s",
                other: "on the job's row, beats/s",
                ratio: "of that"
            )
            guard !self.bytes.isEmpty else { return }
            Duel.printTable(
                self.bytes,
                "bytes of write-ahead log a beat",
                ours: "Unstick",
                other: "on the job's row",
                ratio: "of that"
            )
        }
    }
}
