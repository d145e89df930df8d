import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL
import UnstickSQLite

@testable import StoreSuite

/// Money when processes race and die.
@Suite("Racing and killed processes", .tags(.alone), .serialized, .timeLimit(.minutes(30)))
struct FaultTests {
    private func add(_ jobs: Range<Int>, users: Int, to store: any Store) async throws {
        try await store.add(
            jobs.map { index in
                JobFixture(
                    id: "job-\(index)",
                    user: "user-\(index % users)",
                    cost: index % 9 + 1,
                    started: .seconds(1000 + index % 700)
                )
            }
        )
    }

    /// What these jobs cost in all.
    private func cost(of jobs: Int) -> Int { (0..<jobs).reduce(0) { $0 + $1 % 9 + 1 } }

    @Test(
        "eight processes over one database clean 10,000 jobs of 2,000 users, each once",
        arguments: ToolDatabase.available
    )
    func eightProcesses(database: ToolDatabase) async throws {
        try await database.withTool { unstick, environment, store in
            try await self.add(0..<10_000, users: 2000, to: store)
            let cleaners = try (0..<8).map { index in
                try unstick.start(
                    ["cleanup", "--drain", "--force", "--json", "--batch-size", "\(50 + index * 37)"],
                    environment: environment
                )
            }
            var cleaned = 0
            for cleaner in cleaners {
                let ending = try await cleaner.ending()
                #expect(ending.status == 0, "\(ending.errors)")
                #expect(ending.json["failed"] as? Int == 0)
                cleaned += ending.json["cleanedUp"] as? Int ?? -1
            }
            #expect(cleaned == 10_000)
            try await store.expectAllRefunded(10_000, users: 2000, tokens: self.cost(of: 10_000))
        }
    }

    @Test(
        "a cleaner that is killed at random points leaves no partial batch, and the next one finishes",
        arguments: ToolDatabase.available
    )
    func killed(database: ToolDatabase) async throws {
        let kills = ProcessInfo.processInfo.environment["UNSTICK_KILLS"].flatMap { Int($0) } ?? 50
        try await database.withTool { unstick, environment, store in
            let seed = UInt64.random(in: 0..<1_000_000)
            var random = SeededGenerator(seed: seed)
            var added = 0
            for round in 0..<kills {
                if try await store.backlog(Policy()).stuck < 400 {
                    try await self.add(added..<(added + 2000), users: 300, to: store)
                    added += 2000
                }
                let cleaner = try unstick.start(
                    ["cleanup", "--drain", "--force", "--batch-size", "25"],
                    environment: environment
                )
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<250, using: &random)))
                cleaner.signal(SIGKILL)
                _ = try await cleaner.ending()
                let reconciliation = try await store.reconcile(limit: 3)
                #expect(reconciliation.isClean, "seed \(seed), round \(round): \(reconciliation.mismatches)")
            }
            let rest = try await unstick("cleanup", "--drain", "--force", "--json", environment: environment)
            #expect(rest.status == 0 && rest.json["more"] as? Bool == false, "\(rest.errors)")
            try await store.expectAllRefunded(added, users: 300, tokens: self.cost(of: added))
        }
    }

    @Test("many processes can create and open a new file at once")
    func openTogether() async throws {
        try await Tool.inNewFolder { unstick in
            let openers = try (0..<8).map { _ in try unstick.start(["migrate"]) }
            for opener in openers {
                let ending = try await opener.ending()
                #expect(ending.status == 0, "\(ending.errors)")
            }
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    @Test(
        "a full disk fails the run and nothing else",
        .enabled(if: FileManager.default.fileExists(atPath: "/bin/bash"))
    )
    func fullDisk() async throws {
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            try await self.add(0..<3000, users: 300, to: store)
            try store.close()
            // A limit on the size of files simulates a full disk: writes beyond it fail.
            let command =
                "trap '' XFSZ; ulimit -f 100; exec '\(unstick.path)' cleanup --drain --force --batch-size 1000"
            let process = try ChildProcess(["/bin/bash", "-c", command], in: unstick.folder)
            #expect(process.wait() == 3)
            let again = try unstick.store()
            #expect(try await again.reconcile(limit: 3).isClean)
            #expect(try await unstick("cleanup", "--drain", "--force").status == 0)
            try await again.expectAllRefunded(3000, users: 300, tokens: self.cost(of: 3000))
            try again.close()
        }
    }
}
