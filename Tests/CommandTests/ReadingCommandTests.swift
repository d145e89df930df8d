import Foundation
import GRDB
import TestSupport
import Testing
import Unstick

@testable import UnstickSQLite

@Suite("Read-only commands", .timeLimit(.minutes(3)))
struct ReadingCommandTests {
    private static let reading = [
        ["stuck"], ["status"], ["jobs"], ["jobs", "a"], ["runs"], ["runs", "a"], ["balance", "ada"], ["reconcile"],
        ["suggest"],
        ["backtest"], ["key", "list"], ["webhook", "list"], ["webhook", "deliveries"],
    ]
    private static let changing = [
        ["cleanup"], ["migrate"], ["sample"], ["grant", "ada", "5"], ["pause"], ["resume"], ["key", "create", "ci"],
        ["key", "revoke", "ci"], ["serve", "--port", "0"], ["webhook", "remove", "a"], ["webhook", "replay"],
        ["import", "jobs.csv"],
    ]

    /// The bytes of each file in a folder whose name begins with a prefix.
    private func files(_ word: String, in folder: URL) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(word) }
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appending(path: $0))) }
        )
    }

    @Test("another program's file is refused by every command, and does not change", arguments: ["delete", "wal"])
    func foreign(journal: String) async throws {
        try await Tool.inNewFolder { unstick in
            let path = unstick.folder.appending(path: "app.db").path
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = \(journal)")
                try db.execute(sql: "CREATE TABLE jobs (id TEXT); INSERT INTO jobs VALUES ('theirs')")
            }
            try queue.close()
            let before = try self.files("app.db", in: unstick.folder)
            for arguments in Self.reading + Self.changing {
                let ending = try await unstick.start(arguments + ["--database", "sqlite:app.db"]).ending()
                #expect(ending.status == 3, "\(arguments): \(ending)")
                #expect(ending.errors.contains("'app.db' belongs to another program"), "\(arguments): \(ending)")
                #expect(try self.files("app.db", in: unstick.folder) == before, "\(arguments)")
            }
        }
    }

    @Test("they neither change nor upgrade a file of ours")
    func ours() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let before = try self.files("unstick.db", in: unstick.folder)["unstick.db"]
            for arguments in Self.reading {
                let ending = try await unstick.start(arguments).ending()
                #expect(ending.status <= 1, "\(arguments): \(ending)")
                #expect(try self.files("unstick.db", in: unstick.folder)["unstick.db"] == before, "\(arguments)")
            }
            // The file of an older version.
            let queue = try DatabaseQueue(path: unstick.folder.appending(path: "unstick.db").path)
            try await queue.write { db in
                try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier <> '001 schema'")
                try db.execute(sql: "PRAGMA application_id = 0")
            }
            try queue.close()
            for arguments in Self.reading {
                let ending = try await unstick.start(arguments).ending()
                #expect(
                    ending.status == 3 && ending.errors.contains("Run 'unstick migrate'"),
                    "\(arguments): \(ending)"
                )
            }
            let (mark, steps) = try await Self.header(of: unstick.folder)
            #expect(mark == 0 && steps == 1)
        }
    }

    @Test("a file of ours has our mark once it is migrated")
    func mark() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("migrate")
            #expect(try await Self.header(of: unstick.folder).mark == SQLiteFile.applicationID)
        }
    }

    private static func header(of folder: URL) async throws -> (mark: Int?, steps: Int?) {
        let queue = try DatabaseQueue(path: folder.appending(path: "unstick.db").path)
        defer { try? queue.close() }
        return try await queue.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA application_id"),
                try Int.fetchOne(db, sql: "SELECT count(*) FROM grdb_migrations")
            )
        }
    }

    @Test("they do not treat a file without tables as an empty database")
    func empty() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("unstick.db", "")
            let ending = try await unstick("jobs")
            #expect(ending.status == 3 && ending.errors.contains("has no tables"), "\(ending)")
            #expect(try self.files("unstick.db", in: unstick.folder) == ["unstick.db": Data()])
            #expect(try await unstick("migrate").status == 0)
        }
    }
}
