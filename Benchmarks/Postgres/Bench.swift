import TestSupport

/// The bench: one cluster for it alone, with the settings of a durable server.
struct Bench {
    private static let settings = [
        "fsync = on", "synchronous_commit = on", "shared_buffers = 2GB", "max_wal_size = 8GB",
        "maintenance_work_mem = 512MB", "autovacuum = on",
    ]

    private let arguments: BenchArguments

    init(_ arguments: BenchArguments) {
        self.arguments = arguments
    }

    func run() async throws -> BenchReport {
        let cluster = try PostgresCluster.start(settings: Self.settings)
        defer { cluster.remove() }
        let databases = BenchDatabases(cluster: cluster)
        var report = BenchReport(arguments: self.arguments)
        for part in self.arguments.parts {
            switch part {
            case .runs: report.runs = try await RunBench(self.arguments, databases).run()
            case .find: report.find = try await FindBench(self.arguments, databases).run()
            case .memory: report.memory = try await MemoryBench(self.arguments, databases).run()
            case .work: report.work = try await WorkBench(self.arguments, databases).run()
            case .beats: report.beats = try await BeatBench(self.arguments, databases).run()
            case .rules: report.rules = try await RuleBench(self.arguments, databases).run()
            case .past: report.past = try await PastBench(self.arguments, databases).run()
            case .foreground: report.foreground = try await ForegroundBench(self.arguments, databases).run()
            }
        }
        return report
    }
}
