import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickSQLite

@Suite("SQLite store")
struct SQLiteTests {
    /// Runs SQL without the store.
    private func execute(_ sql: String, on store: SQLiteStore) async throws {
        try await store.write { try $0.execute(sql: sql) }
    }

    @Test("the ledger refuses updates and deletes")
    func appendOnly() async throws {
        let store = try SQLiteStore.inMemory()
        try await TokenBalanceManager(store: store).addTokens(5, to: "ada")
        for sql in [
            "UPDATE token_transactions SET amount = 6", "DELETE FROM token_transactions",
            "UPDATE token_transactions SET metadata = '{}'",
        ] {
            let error = await #expect(throws: UnstickError.self) { try await self.execute(sql, on: store) }
            #expect(error?.cause?.contains("append-only") == true)
        }
        try await store.expectClean()
    }

    @Test("tables are strict and have constraints")
    func checks() async throws {
        let store = try SQLiteStore.inMemory()
        func job(_ costAndStatus: String) -> String {
            """
            INSERT INTO jobs (user_id, id, kind, cost, status, attempt, charge, created_at, available_at, updated_at)
            VALUES ('u', 'a', 'k', \(costAndStatus), 0, 1, 0, 0, 0)
            """
        }
        try await self.execute(job("1, 'PENDING'").replacing("'a'", with: "'good'"), on: store)
        for sql in [
            "INSERT INTO balances (user_id, balance, sequence, updated_at) VALUES ('ada', 9007199254740992, 0, 0)",
            "INSERT INTO balances (user_id, balance, sequence, updated_at) VALUES ('ada', -1, 0, 0)",
            "INSERT INTO balances (user_id, balance, sequence, updated_at) VALUES ('ada', 'many', 0, 0)",
            "INSERT INTO balances (user_id, balance, sequence, updated_at) VALUES ('ada', 1.5, 0, 0)",
            job("1, 'DONE'"),
            job("-1, 'PENDING'"),
            "INSERT INTO token_transactions VALUES ('u',1,'x',0,'GRANT','s',NULL,0,'{}',0)",
            "INSERT INTO token_transactions VALUES ('u',1,'x',1,'GIFT','s',NULL,1,'{}',0)",
        ] {
            let error = await #expect(throws: UnstickError.self, "\(sql)") { try await self.execute(sql, on: store) }
            #expect(error?.code == .databaseRejected)
        }
        let strict = try await store.read { db in
            try String.fetchAll(
                db,
                sql: "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
            )
        }
        #expect(strict.allSatisfy { $0.hasPrefix("sqlite_") || $0 == "grdb_migrations" }, "\(strict)")
    }

    @Test("a file is in WAL mode, synchronous, with foreign keys and a busy timeout")
    func settings() async throws {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder.appending(path: "a.db").path)
            let pragmas = try await store.write { db in
                try ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map {
                    try String.fetchOne(db, sql: "PRAGMA \($0)")
                }
            }
            #expect(pragmas == ["wal", "2", "1", "30000"])
            try store.close()
        }
    }

    @Test("a refused batch leaves no partial result", arguments: RefusedBatch.tables)
    func refusedBatch(table: String) async throws {
        let store = try SQLiteStore.inMemory()
        let batch = RefusedBatch(table: table)
        try await batch.expectNoPartialResult(in: store) {
            let (event, condition) = batch.refused
            try await self.execute(
                "CREATE TRIGGER boom BEFORE \(event) ON \(table) WHEN \(condition) BEGIN SELECT RAISE(ABORT, 'boom'); END",
                on: store
            )
        } accept: {
            try await self.execute("DROP TRIGGER boom", on: store)
        }
    }

    @Test("a run has as many statements for a hundred rules as for two")
    func constantStatements() async throws {
        func statements(rules: Int) async throws -> Int {
            let store = try SQLiteStore.inMemory()
            try await store.add((0..<100).map { JobFixture(id: "job-\($0)", kind: "kind-\($0 % rules)") })
            let policy = Policy(
                rules: (0..<rules).map {
                    Rule(name: "rule \($0)", kinds: [Pattern("kind-\($0)")], timeout: .seconds(300 + $0))
                }
            )
            let count = Mutex(0)
            try await store.write { db in db.trace { _ in count.withLock { $0 += 1 } } }
            let cleaner = Cleaner(store: store, policy: PolicySource(policy))
            let result = try await cleaner.cleanupStuckJobs(CleanupOptions(force: true))
            #expect(result.cleanedUp == 100)
            return count.withLock { $0 }
        }
        let ofTwo = try await statements(rules: 2)
        #expect(try await statements(rules: 100) == ofTwo)
        #expect(ofTwo > 10)
    }

    @Test("a job that runs again is refunded again only if it was charged again")
    func recharged() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job", cost: 8))
        try await Cleaner(store).cleanupStuckJobs()
        let again = "UPDATE jobs SET status = 'PROCESSING', attempt = attempt + 1, processing_started_at = 0, "
        try await self.execute(again + "charge = 1", on: store)
        let free = try await Cleaner(store).cleanupStuckJobs()
        #expect(free.cleanedUp == 1 && free.tokensRefunded == 0)
        try await self.execute(again + "charge = 2", on: store)
        _ = try await store.book(
            NewTransaction(id: "spend:job:2", userID: "ada", amount: -8, kind: .spend, source: "job", sourceID: "job")
        )
        let charged = try await Cleaner(store).cleanupStuckJobs()
        #expect(charged.cleanedUp == 1 && charged.tokensRefunded == 8)
        #expect(try await store.balance(of: "ada") == 8)
        let refunds = try await store.transactions(of: "ada", before: nil, limit: 10).filter { $0.kind == .refund }
        #expect(refunds.map(\.id) == ["refund:job:2", "refund:job:1"])
        try await store.expectClean()
    }

    @Test("finding and cleaning use the index of the stuck jobs, at any size")
    func plan() async throws {
        let store = try SQLiteStore.inMemory()
        let shape = StuckSearch.Shape(.timeout())
        let search = StuckSearch(map: store.map, shape: shape)
        let steps = CleanupStatements(map: store.map).steps(shape, from: .cursor).map(\.sql)
        let finding = [
            search.list(from: .cursor), LookStatements(map: store.map).candidates([.processing]), search.tally,
        ]
        for sql in finding + steps.prefix(1) {
            let plan = try await self.plan(of: sql, store)
            #expect(plan.contains { $0.contains("jobs_stuck") }, "\(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN j ") && !$0.contains("jobs_stuck") }, "\(plan)")
        }
        for sql in steps.dropFirst() {
            let plan = try await self.plan(of: sql, store)
            let scans = plan.filter {
                $0.hasPrefix("SCAN") && !$0.contains("webhook_subscriptions") && $0 != "SCAN sqlite_schema"
            }
            #expect(scans.allSatisfy { $0.contains("CONSTANT") || $0.contains("(subquery") }, "\(sql): \(plan)")
        }
    }

    private func plan(of sql: String, _ store: SQLiteStore) async throws -> [String] {
        try await store.write { db in
            let text = StatementText.parsed(sql, .plain)
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + text.text)
            let values: [String: (any DatabaseValueConvertible)?] = [
                "cutoff": 0, "since": 0, "id": "", "limit": 10, "now": 0, "processing": 0, "run": "", "position": 0,
            ]
            statement.setUncheckedArguments(
                StatementArguments(Dictionary(uniqueKeysWithValues: text.names.map { ($0, values[$0] ?? nil) }))
            )
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
    }

    @Test("a user whose lines an older version did not sum is summed when queried, and stored from the next line on")
    func recount() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "a", cost: 8), JobFixture(id: "b", cost: 5, status: .completed))
        try await Cleaner(store).cleanupStuckJobs()
        let kept = try await store.sums(of: "ada")
        #expect(
            kept.spent == 13 && kept.charges == 2 && kept.refunded == 8 && kept.refunds == 1 && kept.lastRefund == 4
        )
        try await self.execute("UPDATE balances SET spent = 0, refunded = 0, last_refund = 0, counted = 0", on: store)
        #expect(try await store.sums(of: "ada") == kept)
        try await TokenBalanceManager(store: store).addTokens(1, to: "ada")
        let counted = try await store.read { try Int.fetchOne($0, sql: "SELECT counted = sequence FROM balances") }
        #expect(counted == 1)
        #expect(try await store.sums(of: "ada") == kept)
        try await store.expectClean()
    }

    @Test("reconcile finds each kind of damage")
    func reconcile() async throws {
        func mismatches(_ damage: String) async throws -> [Reconciliation.Check] {
            let store = try SQLiteStore.inMemory()
            try await store.add(
                JobFixture(id: "stuck", cost: 8),
                JobFixture(id: "done", cost: 5, status: .completed)
            )
            try await Cleaner(store).cleanupStuckJobs()
            try await store.expectClean()
            try await self.execute("DROP TRIGGER token_transactions_no_update", on: store)
            try await self.execute("DROP TRIGGER token_transactions_no_delete", on: store)
            try await self.execute(damage, on: store)
            let found = try await store.reconcile(limit: 5)
            #expect(found.mismatchCount >= found.mismatches.count && !found.isClean)
            return found.mismatches.map(\.check)
        }
        #expect(try await mismatches("UPDATE balances SET balance = 9") == [.balanceIsSum])
        #expect(try await mismatches("DELETE FROM balances") == [.balanceIsSum])
        #expect(try await mismatches("UPDATE balances SET refunded = 0") == [.keptSums])
        #expect(try await mismatches("UPDATE jobs SET cost = 3 WHERE id = 'done'") == [.paidWithinCost])
        #expect(
            try await mismatches("UPDATE token_transactions SET balance_after = 1 WHERE type = 'REFUND'") == [.chain]
        )
        #expect(try await mismatches("DELETE FROM token_transactions WHERE type = 'REFUND'").contains(.refundMissing))
        #expect(
            try await mismatches("UPDATE token_transactions SET amount = 9 WHERE type = 'REFUND'")
                .contains(.refundWithinCharge)
        )
        #expect(try await mismatches("UPDATE jobs SET status = 'COMPLETED'") == [.refundOfCompleted])
        let store = try SQLiteStore.inMemory()
        try await store.add((0..<9).map { JobFixture(id: "job-\($0)", user: "user-\($0)") })
        try await self.execute("UPDATE balances SET balance = 1", on: store)
        let many = try await store.reconcile(limit: 2)
        #expect(many.mismatchCount == 9 && many.mismatches.count == 2 && many.users == 9)
    }

    @Test("a newer schema, a file that is no database, and a missing one are refused with a clear message")
    func unusable() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "a.db").path
            let store = try SQLiteStore(path: path)
            try await self.execute("INSERT INTO grdb_migrations VALUES ('999 from the future')", on: store)
            await #expect(throws: UnstickError.self) { try await store.checkReady() }
            try store.close()
            let newer = #expect(throws: UnstickError.self) { try SQLiteStore(path: path) }
            #expect(newer?.code == .schemaMismatch && newer?.message.contains("newer version") == true)

            let text = folder.appending(path: "text.db")
            try Data(String(repeating: "not a database ", count: 100).utf8).write(to: text)
            let noDatabase = #expect(throws: UnstickError.self) { try SQLiteStore(path: text.path) }
            #expect(noDatabase?.code == .databaseUnavailable)
            let missing = #expect(throws: UnstickError.self) {
                try SQLiteStore(path: folder.appending(path: "none.db").path, missing: .refuse)
            }
            #expect(missing?.code == .databaseUnavailable && missing?.message.contains("none.db") == true)
            let noFolder = #expect(throws: UnstickError.self) { try SQLiteStore(path: folder.path + "/no/such/a.db") }
            #expect(noFolder?.code == .databaseUnavailable)
        }
    }

    @Test("a stored text that this version does not know is an error, not a guess")
    func unknownWord() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job"))
        try await self.execute("PRAGMA ignore_check_constraints = 1", on: store)
        try await self.execute("UPDATE jobs SET status = 'PAUSED'", on: store)
        let error = await #expect(throws: UnstickError.self) { try await store.job("job") }
        #expect(error?.code == .schemaMismatch)
    }

    @Test("after a failed migration or open, GRDB's errors do not leave the store")
    func failures() {
        for (code, expected) in [
            (ResultCode.SQLITE_BUSY, UnstickError.Code.databaseUnavailable), (.SQLITE_FULL, .databaseUnusable),
            (.SQLITE_READONLY, .databaseUnusable), (.SQLITE_IOERR, .databaseUnavailable),
            (.SQLITE_CORRUPT, .databaseUnavailable), (.SQLITE_CANTOPEN, .databaseUnavailable),
            (.SQLITE_CONSTRAINT_UNIQUE, .databaseRejected), (.SQLITE_CONSTRAINT_CHECK, .databaseRejected),
            (.SQLITE_TOOBIG, .databaseRejected), (.SQLITE_ERROR, .databaseUnusable),
            (.SQLITE_SCHEMA, .databaseUnusable),
        ] {
            let error = SQLiteFailure.translate(
                DatabaseError(resultCode: code, message: "/a/path", sql: "SELECT secret")
            )
            #expect(error.code == expected && !"\(error)".contains("secret"))
            #expect(!error.message.contains("/a/path") && "\(error)".contains("/a/path"), "\(error)")
        }
    }

    @Test("a database without one of our tables reports what is missing, not a number", arguments: ["jobs", "runs"])
    func missingTable(table: String) async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job"))
        try await self.execute("ALTER TABLE \(table) RENAME TO away", on: store)
        let error = await #expect(throws: UnstickError.self) { try await Cleaner(store).cleanupStuckJobs() }
        #expect(error?.code == .schemaMismatch && error?.message.contains("unstick migrate") == true)
        #expect(error?.message.contains("code") == false && error?.cause?.contains(table) == true)
    }

    @Test(
        "a new file is readable by its owner only, with the files that SQLite puts beside it; an existing one keeps its permissions"
    )
    func rights() async throws {
        try await withTemporaryFolder { folder in
            func rights(_ name: String) throws -> Int? {
                let path = folder.appending(path: name).path
                return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            let store = try SQLiteStore(path: folder.appending(path: "new.db").path)
            try await store.add(JobFixture(id: "job"))
            for name in ["new.db", "new.db-wal", "new.db-shm"] { #expect(try rights(name) == 0o600, "\(name)") }
            try store.close()
            let old = folder.appending(path: "old.db").path
            #expect(FileManager.default.createFile(atPath: old, contents: nil, attributes: [.posixPermissions: 0o640]))
            let opened = try SQLiteStore(path: old)
            try await opened.add(JobFixture(id: "job"))
            #expect(try rights("old.db") == 0o640 && rights("old.db-wal") == 0o640)
            try opened.close()
        }
    }

    @Test("listing the kinds looks up each once in their index, and no other statement uses that index")
    func kindsPlan() async throws {
        let store = try SQLiteStore.inMemory()
        func plan(_ sql: String) async throws -> [String] {
            try await store.write { db in
                let statement = try db.makeStatement(
                    sql: "EXPLAIN QUERY PLAN " + StatementText.parsed(sql, .plain).text
                )
                statement.setUncheckedArguments(["kind": "image", "now": 0, "limit": 1])
                return try Row.fetchAll(statement).map { $0["detail"] as String }
            }
        }
        let kinds = try await plan(JobStatements.knownKinds(.sqlite))
        #expect(kinds.contains { $0.hasPrefix("SEARCH jobs USING INDEX jobs_kinds") }, "\(kinds)")
        #expect(!kinds.contains { $0.contains("TEMP B-TREE") }, "\(kinds)")
        for sql in [JobStatements.waiting(.sqlite), JobStatements.runningAges(edges: [1], .sqlite)] {
            #expect(try await !plan(sql).contains { $0.contains("jobs_kinds") })
        }
    }

    @Test("a closed store reports that it is closed")
    func closed() async throws {
        let store = try SQLiteStore.inMemory()
        try store.close()
        let error = await #expect(throws: UnstickError.self) { try await Cleaner(store).cleanupStuckJobs() }
        #expect(error?.code == .databaseUnavailable)
        await #expect(throws: UnstickError.self) { try await store.beginImport() }
        await #expect(throws: UnstickError.self) { try await store.balance(of: "ada") }
    }

    @Test("a run that cannot continue is recorded as failed, and committed batches stay")
    func failedRun() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add((0..<6).map { JobFixture(id: "job-\($0)") })
        struct Boom: Error {}
        await #expect(throws: Boom.self) {
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 2, drain: true)) { progress in
                if progress.done == 4 { throw Boom() }
            }
        }
        let run = try #require(try await store.runs(before: nil, limit: 1).first)
        #expect(run.status == .failed && run.cleanedUp == 4 && run.more && run.duration != nil)
        try await store.expectClean()
        #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 2)
    }

    @Test("a cancelled run finishes its batch and reports that there is more")
    func cancelled() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add((0..<6).map { JobFixture(id: "job-\($0)") })
        let task = Task {
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 2, drain: true)) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        let result = try await task.value
        #expect(result.cleanedUp == 2 && result.more)
        let run = try #require(try await store.run(result.runID))
        #expect(run.status == .completed && run.more)
        try await store.expectClean()
    }

    @Test("a node whose clock is six hours off harms no job: ages use the database's clock")
    func clock() async throws {
        let store = try SQLiteStore.inMemory(clock: { SQLiteStore.machineClock() - .seconds(6 * 3600) })
        try await store.add(JobFixture(id: "live", started: .seconds(10)), JobFixture(id: "stuck"))
        let result = try await Cleaner(store).cleanupStuckJobs()
        #expect(result.jobs.map(\.id) == ["stuck"])
        #expect(try await store.status("live") == .processing)
    }
}
