package import Unstick

/// Signs of life of jobs that run, one by one and in batches, beside what a lease avoids: writing the job's own row.
package struct Beats {
    package static let batchSizes = [1, 100]
    /// How many jobs run at once.
    private static let running = 1000

    private let store: any JobStore
    private let jobs: [Job]
    private let count: Int
    private let rounds: Int

    /// Starts the jobs that beat.
    ///
    /// - Parameter count: how many beats a batch of each size adds up to, at least.
    package init(_ store: any Store, count: Int, rounds: Int) async throws {
        let running = count < Self.running ? Self.batchSizes[1] : Self.running
        try await Workers.fill(store, jobs: running)
        var jobs: [Job] = []
        while jobs.count < running { jobs += try await store.claim(kinds: ["image"], worker: "bench", limit: 100) }
        (self.store, self.jobs, self.count, self.rounds) = (store, jobs, count, rounds)
    }

    /// - Parameters:
    ///   - update: writes the rows of these jobs.
    ///   - written: how much the database has written to its log until now, where it tells.
    package func compare(
        _ update: ([Job]) async throws -> Void,
        written: () throws -> Int? = { nil }
    ) async throws -> Report {
        var report = Report()
        for size in Self.batchSizes {
            // As many transactions for batches, so that these take about as long.
            let calls = size == 1 ? self.count : self.count / 20
            // The first beat of an attempt makes its lease; what is measured is the second and all after it.
            try await self.everyBatch(of: 100, calls: self.jobs.count / 100, self.beat)
            try await self.everyBatch(of: 100, calls: self.jobs.count / 100, update)
            var bytes: (ours: [Double], other: [Double]) = ([], [])
            func measure(_ call: ([Job]) async throws -> Void, _ bytes: inout [Double]) async throws -> Double {
                let before = try written()
                let rate = try await perSecond(calls * size) { try await self.everyBatch(of: size, calls: calls, call) }
                if let before, let after = try written() { bytes.append(Double(after - before) / Double(calls * size)) }
                return rate
            }
            let name = size == 1 ? "one by one" : "in batches of \(size)"
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

    private func everyBatch(of size: Int, calls: Int, _ call: ([Job]) async throws -> Void) async throws {
        for number in 0..<calls {
            let start = number * size % self.jobs.count
            try await call(Array(self.jobs[start..<min(start + size, self.jobs.count)]))
        }
    }

    private func beat(_ jobs: [Job]) async throws {
        let answers = try await self.store.heartbeat(jobs.map { Heartbeat(jobID: $0.id, attempt: $0.attempt) })
        guard answers.allSatisfy({ $0 == .alive }) else { throw BenchFailure(reason: "a sign of life was refused") }
    }

    package struct Report: Encodable {
        package var rates: [Duel] = []
        /// Bytes of the write-ahead log a beat.
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
