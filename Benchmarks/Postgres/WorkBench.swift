import BenchSupport
import UnstickPostgres

/// Workers that claim and complete, beside bare ones on a copy of the same tables.
struct WorkBench {
    /// The other jobs in the table beside the waiting ones.
    private static let history = 100_000

    private let arguments: BenchArguments
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.arguments = arguments
        self.databases = databases
    }

    func run() async throws -> [Duel] {
        let (ours, bare, jobs) = ("work", "work_bare", self.arguments.workJobs)
        let history = min(self.arguments.jobs, Self.history)
        try await self.databases.make(ours, .init(jobs: history, stuck: 0, users: min(1000, history)))
        defer { for name in [ours, bare] { try? self.databases.drop(name) } }
        let filler = try await PostgresStore(url: self.databases.url(of: ours))
        try await Workers.fill(filler, jobs: jobs)
        try filler.close()
        try self.databases.sql("VACUUM (ANALYZE)", in: ours)
        try self.databases.copy(ours, to: bare)
        let store = try await PostgresStore(url: self.databases.url(of: ours))
        let others = try (0..<(Workers.counts.max() ?? 1)).map { _ in try BareWorker(url: self.databases.url(of: bare))
        }
        say("Working …")
        let duels = try await Workers.compare(
            jobs: jobs,
            rounds: self.arguments.rounds,
            store: store,
            others: others.map { worker in { try await worker.step() } }
        )
        try store.close()
        return duels
    }
}
