import BenchSupport
import Foundation
import Unstick
import UnstickPostgres
import UnstickSQL

/// The store's own search at two sizes of the table, with and without stuck jobs, in turns.
///
/// Time is reported; the pages that it touches are asserted, because they do not depend on the machine's load.
struct FindBench {
    private static let smallRows = 10_000
    private static let limit = 100
    private static let calls = 200

    private let arguments: BenchArguments
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.arguments = arguments
        self.databases = databases
    }

    func run() async throws -> FindReport {
        let sizes = [("find_small", Self.smallRows), ("find_large", self.arguments.findRows)]
        for (name, rows) in sizes {
            try await self.databases.make(name, .init(jobs: rows, stuck: 1000, running: 1000, users: 1000))
        }
        defer { for (name, _) in sizes { try? self.databases.drop(name) } }
        var subjects: [Subject] = []
        for (name, _) in sizes { subjects.append(try await Subject(url: self.databases.url(of: name))) }
        var report = FindReport(smallRows: Self.smallRows, largeRows: self.arguments.findRows)
        say("Finding …")
        // Ten years ago no job had started.
        for (name, timeout, buffers) in [
            ("\(Self.limit) of 1,000 stuck", Duration.seconds(300), Self.limit + 5),
            ("nothing stuck", .seconds(315_360_000), 5),
        ] {
            let entry = try await Self.compare(name, subjects, timeout: timeout, mostBuffers: buffers)
            guard entry.small.buffers <= buffers, entry.large.buffers <= buffers else {
                throw BenchFailure(reason: "\(name): \(entry.small.buffers) and \(entry.large.buffers) buffers")
            }
            report.entries.append(entry)
        }
        for subject in subjects { try subject.store.close() }
        return report
    }

    private static func compare(
        _ name: String,
        _ subjects: [Subject],
        timeout: Duration,
        mostBuffers: Int
    ) async throws -> FindReport.Entry {
        var searches: [[FindReport.Search]] = subjects.map { _ in [] }
        for _ in 0..<Self.calls {
            for (index, subject) in subjects.enumerated() {
                searches[index].append(try await subject.search(timeout: timeout))
            }
        }
        let middles = searches.map { FindReport.Search(medianOf: $0) }
        return FindReport.Entry(name: name, small: middles[0], large: middles[1], mostBuffers: mostBuffers)
    }

    /// A database to search.
    private struct Subject {
        let store: PostgresStore
        private let connection: PostgresConnection

        init(url: String) async throws {
            self.store = try await PostgresStore(url: url)
            self.connection = try PostgresConnection(url: url)
        }

        /// Calls the store, and has the server explain the same search.
        func search(timeout: Duration) async throws -> FindReport.Search {
            let ruleMatches = RuleMatches(phase: .processing, everyJob: Rule(timeout: timeout))
            let now = Timestamp(milliseconds: Int(Date().timeIntervalSince1970 * 1000))
            let begun = ContinuousClock.now
            _ = try await self.store.stuckJobs(asOf: now, ruleMatches, after: nil, limit: FindBench.limit)
            let call = (ContinuousClock.now - begun) / .milliseconds(1)
            return try self.account(ruleMatches, now: now, cutoff: now - timeout, call: call)
        }

        /// Reads the output of the server: `Buffers: shared hit=… read=…` of the topmost node, and the time.
        private func account(
            _ ruleMatches: RuleMatches,
            now: Timestamp,
            cutoff: Timestamp,
            call: Double
        ) throws -> FindReport.Search {
            let search = StuckSearch(map: .own(.postgres), shape: StuckSearch.Shape(ruleMatches)).list(from: .oldest)
            let arguments: SQLArguments = [
                "cutoff": .integer(cutoff.milliseconds * 1000), "limit": .integer(FindBench.limit),
                "now": .integer(now.milliseconds),
            ].merging(ruleMatches.parameters) { $1 }
            let explain = SQLCall("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) " + search, arguments)
            let lines = try self.connection.send([explain], limit: .seconds(60))[0].rows.compactMap {
                $0.text("QUERY PLAN")
            }
            guard let buffers = lines.first(where: { $0.contains("Buffers: shared") }),
                let time = lines.last(where: { $0.hasPrefix("Execution Time:") })
            else { throw BenchFailure(reason: "no account in the plan: \(lines)") }
            return FindReport.Search(
                callMilliseconds: call,
                serverMilliseconds: time.split(separator: " ").compactMap { Double($0) }.first ?? .nan,
                buffers: Self.number("hit=", in: buffers) + Self.number("read=", in: buffers)
            )
        }

        private static func number(_ name: String, in line: String) -> Int {
            line.split(separator: " ").first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
        }
    }
}
