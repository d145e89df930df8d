import BenchSupport
import TestSupport
import UnstickMySQL

/// The bench: one prepared backlog, a new copy of it for every drain, all in turns.
struct Bench {
    private let arguments: BenchArguments

    init(_ arguments: BenchArguments) {
        self.arguments = arguments
    }

    func run() async throws -> BenchReport {
        let server = try BenchServer()
        defer { server.cluster.remove() }
        say("Preparing \(self.arguments.jobs) jobs, \(self.arguments.stuck) of them stuck …")
        let backlog = try await Backlog(self.arguments, on: server.cluster)
        try server.keep()
        var report = BenchReport(self.arguments)
        for round in 1...self.arguments.rounds {
            for size in report.drains.indices {
                say("Round \(round) of \(self.arguments.rounds), batches of \(report.drains[size].batchSize) …")
                try await report.drains[size].measure {
                    try await self.ours($0, backlog, server)
                } floor: {
                    try await self.floor($0, backlog, server)
                }
            }
        }
        return report
    }

    private func ours(_ batchSize: Int, _ backlog: Backlog, _ server: BenchServer) async throws -> DrainMeasurement {
        try server.restore()
        let store = try await MySQLStore(url: backlog.ours)
        defer { try? store.close() }
        return try await Drains.ours(
            store,
            batchSize: batchSize,
            stuck: self.arguments.stuck,
            cpuSeconds: server.cpuSeconds
        )
    }

    private func floor(_ batchSize: Int, _ backlog: Backlog, _ server: BenchServer) async throws -> DrainMeasurement {
        try server.restore()
        let floor = try Floor(url: backlog.floor)
        let measurement = try await Drains.floor(
            batchSize: batchSize,
            stuck: self.arguments.stuck,
            cpuSeconds: server.cpuSeconds
        ) {
            try floor.clean(limit: batchSize)
        }
        let mismatches = try server.cluster.sql(Floor.mismatches, in: backlog.floor)
        guard mismatches == "0" else { throw BenchFailure(reason: "the floor left mismatches: \(mismatches)") }
        return measurement
    }
}
