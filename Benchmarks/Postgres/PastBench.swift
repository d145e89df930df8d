import BenchSupport
import TestSupport
import UnstickPostgres

/// The cost of learning limits, from few jobs and from a hundred times as many.
struct PastBench {
    private let large: Int
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.large = arguments.pastJobs ?? 10 * arguments.jobs
        self.databases = databases
    }

    func run() async throws -> PastReport {
        var report = PastReport()
        for jobs in [max(1, self.large / 100), self.large] {
            try await self.databases.make("past", .init(jobs: jobs, stuck: 0, users: 1000, kinds: PastReport.kinds))
            defer { try? self.databases.drop("past") }
            say("Learning …")
            let answer = try PostgresCluster.run(ownExecutable, ["learn", self.databases.url(of: "past")])
            report.readings.append(try PastReport.Reading(answer: answer))
        }
        return report
    }

    /// The child.
    static func learnHere(url: String) async throws {
        let store = try await PostgresStore(url: url)
        try await PastReport.Reading.readHere(store)
        try store.close()
    }
}
