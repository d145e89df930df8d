import GRDB
import Testing
import Unstick
import UnstickMySQL
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres
@testable import UnstickSQLite

@Suite("Triggers that reset a status")
struct VetoTests {
    /// A trigger that restores the status of one job after a change.
    private func putBack(_ job: String, in store: any Store) async throws {
        if let store = store as? SQLiteStore {
            try await store.write {
                try $0.execute(
                    sql: """
                        CREATE TRIGGER veto AFTER UPDATE OF status ON jobs WHEN new.id = '\(job)' BEGIN
                            UPDATE jobs SET status = old.status WHERE id = new.id;
                        END
                        """
                )
            }
        } else if let store = store as? PostgresStore {
            for sql in [
                """
                CREATE FUNCTION unstick.veto() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN IF old.id = ''\(job)'' THEN new.status := old.status; END IF; RETURN new; END'
                """,
                "CREATE TRIGGER veto BEFORE UPDATE ON unstick.jobs FOR EACH ROW EXECUTE FUNCTION unstick.veto()",
            ] { try await store.execute(sql, [:]) }
        } else if let store = store as? MySQLStore {
            try await store.execute(
                """
                CREATE TRIGGER veto BEFORE UPDATE ON unstick.jobs FOR EACH ROW
                    SET new.status = CASE WHEN old.id = '\(job)' THEN old.status ELSE new.status END
                """
            )
        }
    }

    @Test(
        "a job whose status is restored is not cleaned and not refunded, has a reason, and affects no other",
        arguments: StoreBackend.available
    )
    func putBack(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<9).map { JobFixture(id: "job-\($0)", user: "user-\($0)", cost: 5) })
            try await self.putBack("job-4", in: store)
            for _ in 0..<2 {
                let result = try await Cleaner(store).cleanupStuckJobs()
                #expect(result.failed == 1 && result.errors.map(\.jobID) == ["job-4"])
                #expect(result.errors.first?.error.contains("trigger") == true)
                let run = try #require(try await store.run(result.runID))
                let item = try await store.items(of: run.id, after: 0, limit: 20).first { $0.jobID == "job-4" }
                #expect(item?.action == .error && item?.tokensRefunded == 0)
            }
            let job = try #require(try await store.job("job-4"))
            #expect(job.status == .processing && job.timeouts == 0 && job.errorMessage == nil)
            #expect(try await store.balance(of: "user-4") == 0)
            for user in [0, 3, 5, 8] { #expect(try await store.balance(of: "user-\(user)") == 5) }
            try await store.expectClean()
        }
    }
}
