import Foundation
import GRDB
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickCommand

@Suite("Ctrl-C", .timeLimit(.minutes(3)))
struct StopSignalTests {
    private static let header =
        "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"

    private static func rows(_ count: Int) -> String {
        (0..<count).map {
            "job-\($0),user-\($0 / 15_000),image,,1,PROCESSING,1,2026-01-01T00:00:00Z,1767225605,1767225605,\n"
        }
        .joined()
    }

    /// Starts a command, and sends it a signal as soon as it handles it.
    ///
    /// On its own thread, because a queued task would run only after the command has ended.
    private func stop(_ unstick: Tool, _ arguments: [String], by signal: Int32 = SIGINT) async throws -> Tool.Ending {
        let running = try unstick.start(arguments)
        await withCheckedContinuation { caller in
            Thread.detachNewThread {
                while !running.listens(for: signal) { usleep(200) }
                running.signal(signal)
                caller.resume()
            }
        }
        return try await running.ending()
    }

    @Test(
        "a drain ends after the current batch, and says what it did and how to continue",
        arguments: [SIGINT, SIGTERM]
    )
    func drain(signal: Int32) async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows(3000))
            _ = try await unstick("import", "jobs.csv")
            let ending = try await self.stop(
                unstick,
                ["cleanup", "--drain", "--batch-size", "1", "--force", "--json"],
                by: signal
            )
            #expect(ending.status == 128 + signal, "\(ending)")
            #expect(
                ending.errors.contains(signal == SIGINT ? "Stopped by Ctrl-C." : "Stopped by SIGTERM."),
                "\(ending)"
            )
            #expect(ending.errors.contains("run the same command again"))
            let cleaned = ending.json["cleanedUp"] as? Int ?? 0
            #expect(cleaned < 3000)
            let runs = try await unstick("runs", "--json").json["runs"] as? [[String: Any]]
            #expect(runs?.allSatisfy { $0["status"] as? String != "RUNNING" } == true)
            let rest = try await unstick("cleanup", "--drain", "--force", "--json").json["cleanedUp"] as? Int
            #expect(rest.map { $0 + cleaned } == 3000)
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    @Test("an import that is stopped while it reads has imported nothing, and says so")
    func reading() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows(100_000))
            let ending = try await self.stop(unstick, ["import", "jobs.csv"])
            #expect(ending.status == 130 && ending.errors.contains("nothing was imported"), "\(ending)")
            #expect(ending.errors.contains("run the same command again") && ending.output.isEmpty)
            #expect((try await unstick("jobs", "--json").json["jobs"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("an import that is stopped while it books keeps whole users, and the same import continues")
    func booking() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows(45_000))
            let store = try unstick.store()
            let source = FileImport(
                path: unstick.folder.appending(path: "jobs.csv").path,
                skipBadRows: false,
                store: store
            )
            let stopped = try await withThrowingTaskGroup(of: FileImport.Outcome.self) { group in
                group.addTask {
                    try await source.run { progress in
                        if case .booking = progress { withUnsafeCurrentTask { $0?.cancel() } }
                    }
                }
                return try await group.next()
            }
            let summary = try #require(stopped?.summary)
            #expect(summary.imported > 0 && summary.left > 0 && summary.imported + summary.left == 45_000)
            #expect(try await store.reconcile(limit: 5).isClean)
            let rest = try await source.run { _ in }.summary
            #expect(rest.imported == summary.left && rest.alreadyThere == summary.imported && rest.left == 0)
            #expect(try await store.reconcile(limit: 5).isClean)
            try store.close()
        }
    }

    @Test(
        "a stopped reading of the past says that nothing was changed",
        arguments: [["backtest"], ["suggest", "--write"]]
    )
    func past(arguments: [String]) async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows(1))
            _ = try await unstick("import", "jobs.csv")
            try Self.fill(unstick.folder.appending(path: "unstick.db").path, jobs: 300_000)
            let ending = try await self.stop(unstick, arguments)
            #expect(ending.status == 130 && ending.output.isEmpty, "\(ending)")
            #expect(ending.errors.contains("Stopped by Ctrl-C.") && ending.errors.contains("nothing was changed"))
            #expect(!FileManager.default.fileExists(atPath: unstick.folder.appending(path: "unstick.yaml").path))
        }
    }

    /// Adds completed jobs to a file as copies of the one in it.
    private static func fill(_ path: String, jobs count: Int) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            let columns = try db.columns(in: "jobs").map(\.name)
            let values = columns.map { column in
                switch column {
                case "id": "'copy-' || n"
                case "status": "'COMPLETED'"
                case "processing_completed_at": "processing_started_at + n"
                default: column
                }
            }
            try db.execute(
                sql: """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
                    INSERT INTO jobs (\(columns.joined(separator: ", ")))
                    SELECT \(values.joined(separator: ", ")) FROM numbers, (SELECT * FROM jobs LIMIT 1)
                    """
            )
        }
        try queue.close()
    }
}
