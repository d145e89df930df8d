import BenchSupport
import Foundation
import TestSupport

/// Procrastinate's documented recovery loop, in its own process, on its own tables: the usual alternative.
///
/// It only requeues jobs; nothing is refunded, booked or audited.
struct Procrastinate {
    private static let jobs = 2000
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "procrastinate_loop.py")

    private let python: URL
    private let databases: BenchDatabases

    /// - Returns: `nil` without such a Python.
    init?(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        guard let python = arguments.peers, FileManager.default.isExecutableFile(atPath: python.path) else {
            return nil
        }
        self.python = python
        self.databases = databases
    }

    func measure() throws -> Cost {
        try self.databases.sql("CREATE DATABASE procrastinate", in: "postgres")
        defer { try? self.databases.drop("procrastinate") }
        let answer = try PostgresCluster.run(
            self.python.path,
            [Self.script.path, self.databases.url(of: "procrastinate"), String(Self.jobs)]
        )
        guard let seconds = Double(answer) else { throw BenchFailure(reason: "Procrastinate's loop said: \(answer)") }
        return Cost(jobs: Self.jobs, seconds: seconds)
    }
}
