import Foundation
import GRDB
import TestSupport
import Testing
import Unstick
import UnstickSQL
import UnstickSQLite

@testable import UnstickPages

/// Jobs of a team's own table whose times another program wrote.
@Suite("Jobs that wait for a second look")
struct WaitingJobsPageTests {
    private static let mapping = """
        {"jobs": {"table": "renders", "id": "id", "user": "owner",
            "state": {"column": "state", "values": {"processing": ["running"], "failed": ["failed"]}},
            "started": {"column": "started", "kind": "epoch_ms"}}}
        """

    private func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "app.sqlite3").path
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                try db.execute(
                    sql: """
                        CREATE TABLE renders (id bigint PRIMARY KEY, owner text, state text, started bigint);
                        CREATE INDEX renders_running ON renders (started, id) WHERE state = 'running';
                        INSERT INTO renders VALUES (7, 'ada', 'running', unixepoch('now', '-26 minutes') * 1000);
                        """
                )
            }
            try queue.close()
            let mapping = try MappingFile(json: Data(Self.mapping.utf8))
            try await body(SQLiteStore(path: path, mapping: mapping, attaching: .migrating))
        }
    }

    @Test("they are listed with the reason, and can be cleaned anyway")
    func anyway() async throws {
        try await self.withStore { store in
            try await PagesHarness.run(over: store) { pages in
                let page = try await pages.get("/admin/stuck", as: .operator)
                #expect(page.text.contains("1 job of your own tables waits for a second look"))
                #expect(page.text.contains("Run anyway") && page.text.contains("renders"))
                let fields = page.hiddenFields.merging(["force": "true"]) { $1 }
                let run = try await pages.post("/admin/cleanup", fields, as: .operator)
                #expect(run.status == 303)
                let location = try #require(run.location)
                #expect(try await pages.get(location, as: .operator).text.contains("<td data-label=\"Action\""))
                #expect(try await store.backlog(Policy()).stuck == 0)
            }
        }
    }
}
