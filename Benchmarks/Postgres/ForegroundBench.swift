import BenchSupport
import Foundation
import Synchronization
import Unstick
import UnstickPostgres

/// The effect of a drain on others: workers and charges at a fixed rate, during a drain and without one, in windows by
/// turns.
///
/// Open loop: work starts when it is due, whatever is still in progress, and its wait counts from there. The drain is
/// the default one, which adapts its batch size.
struct ForegroundBench {
    private static let window = Duration.seconds(3)
    private static let pause = Duration.milliseconds(500)
    /// Windows of each kind in a round.
    private static let windows = 4
    /// A charge and a worker's start and complete in each: 200 transactions a second.
    private static let tick = Duration.milliseconds(15)
    private static let hotUsers = 10

    private let arguments: BenchArguments
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.arguments = arguments
        self.databases = databases
    }

    func run() async throws -> [ForegroundReport] {
        [
            try await self.measure("users apart", users: self.arguments.users),
            try await self.measure("\(Self.hotUsers) hot users", users: Self.hotUsers),
        ]
    }

    private func measure(_ name: String, users: Int) async throws -> ForegroundReport {
        let pairs = Self.windows * self.arguments.rounds
        let ticks = Int(Self.window * pairs * 2 / Self.tick)
        try await self.databases.make(
            "foreground",
            .init(
                jobs: max(self.arguments.jobs, pairs * 60_000),
                stuck: pairs * 30_000,
                pending: ticks + 1000,
                users: users
            )
        )
        defer { try? self.databases.drop("foreground") }
        try self.databases.warm("foreground")
        let url = self.databases.url(of: "foreground")
        let app = ForegroundLoad(store: try await PostgresStore(url: url), users: users, tick: Self.tick)
        let drain = ForegroundDrain(store: try await PostgresStore(url: url))
        say("Foreground, \(name) …")
        _ = try await app.run(for: .seconds(1))
        var report = ForegroundReport(name: name)
        for pair in 0..<pairs {
            // Idle first and drain first in turns, because the machine's speed changes.
            for draining in pair % 2 == 0 ? [false, true] : [true, false] {
                let load = app
                let waits =
                    draining
                    ? try await drain.during { try await load.run(for: Self.window) }
                    : try await app.run(for: Self.window)
                report.add(waits, draining: draining)
                try await Task.sleep(for: Self.pause)
            }
        }
        report.drained = drain.cost
        try app.close()
        try drain.close()
        return report
    }
}
