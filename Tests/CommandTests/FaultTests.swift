import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

/// Money when processes race and die.
@Suite("Racing and killed processes", .serialized, .timeLimit(.minutes(30)))
struct FaultTests {
    private func add(_ jobs: Range<Int>, users: Int, to store: SQLiteStore) async throws {
        let now = try await store.now()
        let batch = try await store.beginImport()
        _ = try await batch.stage(
            jobs.map { index in
                Job(
                    id: "job-\(index)",
                    userID: "user-\(index % users)",
                    kind: "image",
                    tokensCost: index % 9 + 1,
                    status: .processing,
                    attempt: 1,
                    createdAt: now - .seconds(5000),
                    processingStartedAt: now - .seconds(1000 + index % 700),
                    updatedAt: now - .seconds(1000)
                )
            }
        )
        _ = try await batch.commit { _, _ in }
    }

    @Test("eight processes over one file clean 10,000 jobs of 2,000 users, each once")
    func eightProcesses() async throws {
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            try await self.add(0..<10_000, users: 2000, to: store)
            let cleaners = try (0..<8).map { index in
                try unstick.start(["cleanup", "--drain", "--force", "--json", "--batch-size", "\(50 + index * 37)"])
            }
            var cleaned = 0
            for cleaner in cleaners {
                let ending = try await cleaner.ending()
                #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending.errors)")
                cleaned += ending.json["cleanedUp"] as? Int ?? -1
            }
            #expect(cleaned == 10_000)
            try await self.expectAllRefunded(10_000, users: 2000, in: store)
            try store.close()
        }
    }

    @Test("a cleaner that is killed at random points leaves no partial batch, and the next one finishes")
    func killed() async throws {
        let kills = ProcessInfo.processInfo.environment["UNSTICK_KILLS"].flatMap { Int($0) } ?? 50
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            let seed = UInt64.random(in: 0..<1_000_000)
            var random = SeededGenerator(seed: seed)
            var added = 0
            for round in 0..<kills {
                if try await store.backlog(Policy()).stuck < 400 {
                    try await self.add(added..<(added + 2000), users: 300, to: store)
                    added += 2000
                }
                let cleaner = try unstick.start(["cleanup", "--drain", "--force", "--batch-size", "25"])
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<250, using: &random)))
                cleaner.signal(SIGKILL)
                _ = try await cleaner.ending()
                let reconciliation = try await store.reconcile(limit: 3)
                #expect(reconciliation.isClean, "seed \(seed), round \(round): \(reconciliation.mismatches)")
            }
            let rest = try await unstick("cleanup", "--drain", "--force", "--json")
            #expect(rest.status == 0 && rest.json["more"] as? Bool == false)
            try await self.expectAllRefunded(added, users: 300, in: store)
            try store.close()
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
            try await self.expectAllRefunded(3000, users: 300, in: again)
            try again.close()
        }
    }

    private func expectAllRefunded(_ jobs: Int, users: Int, in store: SQLiteStore) async throws {
        let reconciliation = try await store.reconcile(limit: 3)
        #expect(reconciliation.isClean, "\(reconciliation.mismatches)")
        #expect(try await store.backlog(Policy()).stuck == 0)
        var refunds = 0
        var balances = 0
        for user in 0..<users {
            refunds += try await store.consumption(of: "user-\(user)", since: Timestamp(milliseconds: 0)).refunds
            balances += try await store.balance(of: "user-\(user)")
        }
        #expect(refunds == jobs)
        #expect(balances == (0..<jobs).reduce(0) { $0 + $1 % 9 + 1 })
    }
}
