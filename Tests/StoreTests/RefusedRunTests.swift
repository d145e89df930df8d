import GRDB
import TestSupport
import Testing
import Unstick

@testable import StoreSuite
@testable import UnstickPostgres
@testable import UnstickSQLite

@Suite("Refused runs")
struct RefusedRunTests {
    /// A database that can refuse each refund for a reason that concerns no single job.
    private struct Refusing {
        /// The store of the runs.
        let store: any Store
        /// The store that adds jobs.
        let owner: any Store
        let refuse: () async throws -> Void
        let allow: () async throws -> Void
    }

    private static let column = (
        "ALTER TABLE token_transactions RENAME COLUMN metadata TO gone",
        "ALTER TABLE token_transactions RENAME COLUMN gone TO metadata"
    )

    private func onEach(_ body: (Refusing) async throws -> Void) async throws {
        let sqlite = try SQLiteStore.inMemory()
        try await body(
            Refusing(store: sqlite, owner: sqlite) {
                try await sqlite.write { try $0.execute(sql: Self.column.0) }
            } allow: {
                try await sqlite.write { try $0.execute(sql: Self.column.1) }
            }
        )
        guard let cluster = PostgresCluster.shared else { return }
        for (refuse, allow) in [
            Self.column,
            ("REVOKE INSERT ON token_transactions FROM ROLE", "GRANT INSERT ON token_transactions TO ROLE"),
            ("ALTER TABLE token_transactions RENAME TO gone", "ALTER TABLE gone RENAME TO token_transactions"),
        ] {
            try await cluster.withStore { owner, url in
                let role = "unstick_weak_\(UInt32.random(in: 0..<UInt32.max))"
                try cluster.sql("CREATE ROLE \(role) LOGIN", in: url)
                try await owner.grantRights(to: role)
                let weak = try await PostgresStore(url: url.replacing("test@", with: "\(role)@"), missing: .leave)
                func run(_ sql: String) throws {
                    let named = sql.replacing("ROLE", with: role).replacing("TABLE gone ", with: "TABLE unstick.gone ")
                    try cluster.sql(
                        named.replacing(" token_transactions ", with: " unstick.token_transactions "),
                        in: url
                    )
                }
                try await body(
                    Refusing(store: weak, owner: owner) {
                        try run(refuse)
                    } allow: {
                        try run(allow)
                    }
                )
                try weak.close()
                try cluster.sql("DROP OWNED BY \(role); DROP ROLE \(role)", in: url)
            }
        }
    }

    @Test(
        "a run that is refused through no fault of a job fails at once: no success, no retry job by job, and the next one continues"
    )
    func refused() async throws {
        try await self.onEach { database in
            let store = database.store
            try await database.owner.add((0..<50).map { JobFixture(id: "job-\($0)", cost: 3) })
            try await database.refuse()
            let cleaner = Cleaner(store)
            let error = await #expect(throws: UnstickError.self) {
                try await cleaner.cleanupStuckJobs(CleanupOptions(force: true))
            }
            let runs = try await store.runs(before: nil, limit: 5)
            #expect(runs.count == 1 && runs[0].status == .failed && runs[0].more, "\(error as Any)")
            #expect(runs[0].error?.hasPrefix(error?.message ?? "-") == true && error?.code != .databaseRejected)
            #expect(runs[0].totalFound == 0 && runs[0].failed == 0 && runs[0].cleanedUp == 0)
            #expect(try await store.items(of: runs[0].id, after: 0, limit: 5).isEmpty, "it was not tried job by job")
            #expect(try await store.lastSuccess() == nil)
            #expect(try await store.status("job-0") == .processing)
            try await database.allow()

            try await AlertWatch.fixture(store).check(watchedFor: .seconds(1))
            #expect(try await store.alerts().contains { $0.name == .cleanupFailed && $0.isFiring })
            let result = try await cleaner.cleanupStuckJobs(CleanupOptions(force: true))
            #expect(result.cleanedUp == 50 && result.tokensRefunded == 150)
            #expect(try await store.lastSuccess()?.id == result.runID)
            try await store.expectClean()
        }
    }

    @Test("errors of the database about a row, and about everything")
    func classes() {
        func code(_ state: String) -> UnstickError.Code {
            UnstickError(.refused(.init(sqlState: state, message: "m", constraint: nil))).code
        }
        for state in [
            "22003", "22P02", "23502", "23505", "23514", "21000", "40P01", "44000", "54000", "P0001", "XX001", "UN001",
        ] {
            #expect(code(state) == .databaseRejected, "\(state)")
        }
        for state in [
            "42501", "42883", "42804", "0A000", "25006", "53100", "55000", "28000", "XX000", "25P02",
        ] {
            #expect(code(state) == .databaseUnusable, "\(state)")
        }
        #expect(code("42P01") == .schemaMismatch && code("42703") == .schemaMismatch)
        #expect(code("53300") == .databaseUnavailable)
        #expect(code("57014") == .databaseUnavailable)
    }
}
