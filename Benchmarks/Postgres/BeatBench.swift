import BenchSupport
import Unstick
import UnstickPostgres
import UnstickSQL

/// Heartbeats, beside an update of the job's own row, with the size of the write-ahead log of both.
struct BeatBench {
    private static let name = "beats"
    private static let update = """
        UPDATE unstick.jobs AS j SET updated_at = :now
        FROM json_to_recordset(CAST(:jobs AS json)) AS b (id text, attempt bigint)
        WHERE j.id = b.id AND j.attempt = b.attempt AND coalesce(j.status, '') = 'PROCESSING'
        """
    private static let updateOne = """
        UPDATE unstick.jobs SET updated_at = :now
        WHERE id = :id AND attempt = :attempt AND coalesce(status, '') = 'PROCESSING'
        """

    private let arguments: BenchArguments
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.arguments = arguments
        self.databases = databases
    }

    func run() async throws -> Beats.Report {
        try await self.databases.make(Self.name, .init(jobs: min(self.arguments.jobs, 100_000), stuck: 0, users: 100))
        defer { try? self.databases.drop(Self.name) }
        let store = try await PostgresStore(url: self.databases.url(of: Self.name))
        let beats = try await Beats(store, count: self.arguments.beats, rounds: self.arguments.rounds)
        let connection = try PostgresConnection(url: self.databases.url(of: Self.name))
        say("Beating …")
        let report = try await beats.compare { jobs in
            let call = Self.call(of: jobs)
            guard try connection.send([call], limit: .seconds(60))[0].affected == jobs.count else {
                throw BenchFailure(reason: "a job's row was not there")
            }
        } written: {
            Int(try self.databases.sql("SELECT pg_current_wal_insert_lsn() - '0/0'", in: Self.name))
        }
        try store.close()
        return report
    }

    private static func call(of jobs: [Job]) -> SQLCall {
        guard jobs.count > 1 else {
            return SQLCall(
                Self.updateOne,
                ["id": .text(jobs[0].id), "attempt": .integer(jobs[0].attempt)]
            )
        }
        let rows = jobs.map { "{\"id\":\"\($0.id)\",\"attempt\":\($0.attempt)}" }
        return SQLCall(Self.update, ["jobs": .text("[" + rows.joined(separator: ",") + "]")])
    }
}
