import Foundation
import GRDB
import TestSupport
import Testing

@Suite("Commands over a team's SQLite file", .timeLimit(.minutes(3)))
struct AttachedFileTests {
    private static let tables = ["--database", "sqlite:app.db", "--preset", "laravel"]

    /// A Laravel queue with a job that was reserved 70 minutes ago.
    private func withQueue(_ body: (Tool, URL) async throws -> Void) async throws {
        try await Tool.inNewFolder { unstick in
            let file = unstick.folder.appending(path: "app.db")
            let queue = try DatabaseQueue(path: file.path)
            try await queue.writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        CREATE TABLE jobs (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, queue varchar NOT NULL,
                            payload text NOT NULL, attempts integer NOT NULL, reserved_at integer,
                            available_at integer NOT NULL, created_at integer NOT NULL);
                        INSERT INTO jobs VALUES (42, 'default', '{}', 1, unixepoch('now', '-70 minutes'), 0, 0);
                        """
                )
            }
            try queue.close()
            try await body(unstick, file)
        }
    }

    @Test("doctor and stuck read the file, and do not change it")
    func reading() async throws {
        try await self.withQueue { unstick, file in
            let before = try Data(contentsOf: file)
            let doctor = try await unstick.start(["doctor"] + Self.tables).ending()
            #expect(doctor.status == 0 && doctor.output.contains("SQLite"), "\(doctor)")
            let stuck = try await unstick.start(["stuck", "--json"] + Self.tables).ending()
            #expect(stuck.status == 0 && stuck.output.contains("\"42\""), "\(stuck)")
            #expect(try Data(contentsOf: file) == before)
        }
    }

    @Test("a run reports that Unstick's own tables are missing in the file")
    func unmigrated() async throws {
        try await self.withQueue { unstick, _ in
            let cleanup = try await unstick.start(["cleanup"] + Self.tables).ending()
            #expect(cleanup.status != 0 && cleanup.errors.contains("unstick migrate"), "\(cleanup)")
        }
    }

    @Test("the first run is refused while the times look wrong, until they are accepted under a name")
    func ages() async throws {
        try await self.withQueue { unstick, file in
            let queue = try DatabaseQueue(path: file.path)
            try await queue.write { try $0.execute(sql: "UPDATE jobs SET reserved_at = unixepoch('now', '-5 hours')") }
            func run(_ arguments: String...) async throws -> Tool.Ending {
                try await unstick.start(arguments + Self.tables).ending()
            }
            let early = try await run("doctor", "--accept", "ages")
            #expect(early.status == 3 && early.errors.contains("unstick migrate"), "\(early)")
            let migrated = try await run("migrate")
            #expect(migrated.status == 0, "\(migrated)")
            let doctor = try await run("doctor")
            #expect(doctor.status == 1 && doctor.output.contains("5h old: they look like local time of"), "\(doctor)")
            let preview = try await run("cleanup", "--dry-run")
            #expect(preview.status == 0 && preview.output.contains("A real run would not start."), "\(preview)")
            let refused = try await run("cleanup", "--force")
            #expect(refused.status == 1 && refused.errors.contains("unstick doctor --accept ages"), "\(refused)")
            let accepted = try await run("doctor", "--accept", "ages", "--by", "ada")
            #expect(accepted.status == 0 && accepted.output.contains("on behalf of ada on 20"), "\(accepted)")
            let entry = try queue.read { db in
                try Row.fetchOne(db, sql: "SELECT * FROM unstick_audit WHERE action = 'mapping.accept-ages'")
            }
            let subject: String? = entry?["subject"]
            let detail: String? = entry?["detail"]
            #expect(
                subject == "jobs" && detail?.contains("on behalf of ada: the newest times") == true,
                "\(entry as Any)"
            )
            // Laravel wrote the time: a run looks twice.
            let first = try await run("cleanup")
            #expect(first.status == 0 && first.output.contains("; 1 waits for a second look, due at 20"), "\(first)")
            let cleanup = try await run("cleanup", "--json", "--force")
            #expect(cleanup.status == 0 && cleanup.json["reported"] as? Int == 1, "\(cleanup)")
            try await queue.write {
                try $0.execute(sql: "UPDATE jobs SET reserved_at = unixepoch('now', '-11 minutes')")
            }
            let none = try await run("doctor", "--accept", "ages")
            #expect(none.status == 1 && none.errors.contains("nothing to accept"), "\(none)")
        }
    }

    @Test("doctor without a mapping checks a file of Unstick's own, and refuses that of another program")
    func unmapped() async throws {
        try await self.withQueue { unstick, _ in
            let doctor = try await unstick("doctor", "--database", "sqlite:app.db")
            #expect(doctor.status == 3 && doctor.errors.contains("another program"), "\(doctor)")
            let absent = try await unstick("doctor", "--database", "sqlite:absent.db")
            #expect(absent.status == 3 && absent.errors.contains("There is no database"), "\(absent)")
            _ = try await unstick("migrate", "--database", "sqlite:own.db")
            let own = try await unstick("doctor", "--database", "sqlite:own.db")
            #expect(own.status == 0 && own.output.contains("tables: exist and are up to date"), "\(own)")
        }
    }

    @Test("the names of mappings in a file are listed with the mapping")
    func mappings() async throws {
        try await self.withQueue { unstick, _ in
            _ = try await unstick.start(["migrate"] + Self.tables).ending()
            let listed = try await unstick.start(["mapping", "list"] + Self.tables).ending()
            #expect(listed.status == 0 && listed.output.contains("jobs"), "\(listed)")
            let unmapped = try await unstick("mapping", "list", "--database", "sqlite:app.db")
            #expect(unmapped.status == 2 && unmapped.errors.contains("--mapping"), "\(unmapped)")
        }
    }
}
