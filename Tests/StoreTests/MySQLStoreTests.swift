import TestSupport
import Testing
import Unstick

@testable import StoreSuite
@testable import UnstickMySQL
@testable import UnstickSQL

@Suite("The store over MariaDB", .enabled(if: MariaDBServer.isThere))
struct MySQLStoreTests {
    @Test("settings that put money at risk are reported, and a server that accepts no changes is refused")
    func server() async throws {
        let cluster = try MariaDBCluster.start(settings: ["--log-bin", "--sync-binlog=0", "--skip-innodb-doublewrite"])
        defer { cluster.remove() }
        let url = try cluster.makeDatabase()
        let store = try await MySQLStore(url: url, missing: .leave)
        #expect(try await store.warnings().map { $0.prefix(12) } == ["sync_binlog ", "innodb_doubl"])
        try cluster.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2; SET GLOBAL sync_binlog = 1")
        #expect(try await store.warnings().map { $0.prefix(12) } == ["innodb_flush", "innodb_doubl"])
        try store.close()
        for (on, off, code) in [
            ("read_only = 1", "read_only = 0", UnstickError.Code.databaseUnavailable),
            ("binlog_format = 'STATEMENT'", "binlog_format = 'MIXED'", .databaseUnusable),
        ] {
            try cluster.sql("SET GLOBAL \(on)")
            let error = await #expect(throws: UnstickError.self) { try await MySQLStore(url: url, missing: .leave) }
            #expect(error?.code == code, "\(error as Any)")
            try cluster.sql("SET GLOBAL \(off)")
        }
    }

    @Test("the printed migrations make the same schema, and a granted user can do all but migrate")
    func printed() async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withDatabase { url in
            let user = "unstick_app_\(UInt32.random(in: 0..<UInt32.max))"
            try cluster.sql("CREATE USER \(user)@'%'")
            try cluster.sql(try await MySQLStore.migrationScript(url: url, role: user), in: url)
            let store = try await MySQLStore(url: url.replacing("test@", with: "\(user)@"), missing: .leave)
            try await store.expectRightsOfRuns()
            try store.close()
        }
    }

    @Test("rights are granted to a user or a role that is there, and none is made")
    func grants() async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withStore { store, url in
            let name = "unstick_app_\(UInt32.random(in: 0..<UInt32.max))"
            let absent = await #expect(throws: UnstickError.self) { try await store.grantRights(to: name) }
            #expect(absent?.code == .databaseUnusable, "\(absent as Any)")
            try cluster.sql("CREATE ROLE \(name); CREATE USER \(name)@localhost")
            for account in [name, "\(name)@localhost"] { try await store.grantRights(to: account) }
            let shown = try cluster.sql("SHOW GRANTS FOR \(name); SHOW GRANTS FOR \(name)@localhost")
            #expect(shown.matches(of: /GRANT SELECT, INSERT ON .*unstick_token_transactions/).count == 2)
            #expect(shown.matches(of: /GRANT SELECT ON .*unstick_migrations/).count == 2)
        }
    }

    @Test("a refused batch leaves no partial result", arguments: RefusedBatch.tables)
    func refusedBatch(table: String) async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withStore { store, url in
            let batch = RefusedBatch(table: table)
            try await batch.expectNoPartialResult(in: store) {
                let (event, condition) = batch.refused
                try cluster.sql(
                    """
                    DELIMITER //
                    CREATE TRIGGER boom BEFORE \(event) ON unstick_\(table) FOR EACH ROW
                        IF \(condition) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'boom'; END IF//
                    """,
                    in: url
                )
            } accept: {
                try cluster.sql("DROP TRIGGER boom", in: url)
            }
        }
    }

    /// Otherwise a run that works beside it skips these jobs, and none cleans them.
    @Test(
        "a batch locks its own jobs only: none before its cursor, none that is not stuck, none that it does not name",
        arguments: [JobStatus.processing, .pending]
    )
    func locksItsOwnOnly(status: JobStatus) async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withStore { store, url in
            let jobs = (1...90).map { number in
                // Three of each age; the last thirty are not stuck.
                JobFixture(
                    id: "job-\(number + 9)",
                    status: status,
                    started: .seconds(number > 60 ? 1 : 900 - number / 3)
                )
            }
            try await store.add(jobs)
            var rule = Rule()
            rule.pendingTimeout = .seconds(300)
            let backlog = try await store.backlog(Policy(standard: rule))
            let matches = try #require(backlog.ruleMatches.first { $0.phase.rawValue == status.rawValue })
            let stuck = try await store.stuckJobs(asOf: backlog.now, matches, after: nil, limit: 100)
            let search = StuckSearch(map: store.engine.map, shape: StuckSearch.Shape(matches))
            func locked(_ start: StuckSearch.Start, _ values: SQLArguments) async throws -> Int {
                let batch = SQLCall(
                    search.batch(from: start),
                    values.merging(["run": .text("run"), "position": .integer(0)]) { $1 }
                )
                return try await store.engine.write(ifUnknown: .repeatIt) { transaction in
                    _ = try transaction.run([batch])
                    let free = try cluster.sql("SELECT id FROM unstick_jobs FOR UPDATE SKIP LOCKED", in: url)
                    _ = try transaction.run([SQLCall("DELETE FROM unstick.run_items")])
                    return 90 - free.split(separator: "\n").count
                }
            }
            #expect(try await locked(.oldest, store.range(backlog.now, matches, nil, 20)) == 20)
            #expect(try await locked(.cursor, store.range(backlog.now, matches, stuck[29].cursor, 20)) == 20)
            // At the end of the range the server may also lock the first job beyond it.
            let last = try await locked(.cursor, store.range(backlog.now, matches, stuck[39].cursor, 100))
            #expect((20...21).contains(last))
            var values = store.range(backlog.now, matches, nil, 3)
            values["only"] = SQLValue(stuck[50...52].map(\.id).asRows)
            #expect(try await locked(.these, values) == 3)
        }
    }

    /// These servers lock, or skip, the rows of every table of a locking statement.
    @Test("rows beside a job or a delivery that another transaction has locked are read, not skipped")
    func lockedRowsBeside() async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withStore { store, url in
            try await store.put(WebhookEndpoint.fixture(events: ["*"]))
            try await store.add(JobFixture(id: "old"))
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 1)
            try await store.add(JobFixture(id: "alive"), JobFixture(id: "dead"))
            for id in ["alive", "dead"] {
                _ = try await store.heartbeat([Heartbeat(jobID: id, attempt: 1)])
            }
            try cluster.sql("UPDATE unstick_leases SET beat_at = beat_at - 600000 WHERE job_id = 'dead'", in: url)
            let holder = MySQLTransaction(
                on: try MySQLConnection(url: url, names: MySQLDialect.names),
                limit: .seconds(30)
            )
            for table in ["leases", "run_items", "token_transactions"] {
                _ = try holder.run([SQLCall("SELECT user_id FROM unstick.\(table) FOR UPDATE")])
            }
            var rule = Rule(timeout: nil)
            rule.heartbeatTimeout = .seconds(60)
            let claim = try await store.claimDeliveries(to: "hook", limit: 10, lease: .seconds(60))
            #expect(claim.deliveries.contains { $0.payload.contains("\"jobId\":\"old\"") })
            let backlog = try await store.backlog(Policy(standard: rule))
            let matches = try #require(backlog.ruleMatches.first)
            let search = StuckSearch(map: store.engine.map, shape: StuckSearch.Shape(matches))
            let values = store.range(backlog.now, matches, nil, 10)
                .merging(["run": .text("run"), "position": .integer(0)]) { $1 }
            let taken = try await store.engine.write(ifUnknown: .repeatIt) { transaction in
                _ = try transaction.run([SQLCall(search.batch(from: .oldest), values)])
                let items = SQLCall("SELECT job_id FROM unstick.run_items WHERE run_id = 'run'")
                return try transaction.run([items])[0].rows.map { $0.text("job_id") }
            }
            #expect(taken == ["dead"])
            holder.rollBack()
        }
    }

    @Test("several changes happen together or not at all, and a snapshot and a scan read them")
    func engine() async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withDatabase { url in
            try cluster.sql("CREATE TABLE entries (n bigint PRIMARY KEY, at bigint)", in: url)
            let store = try await MySQLStore(url: url, missing: .leave)
            let unmade = await #expect(throws: UnstickError.self) { try await store.checkReady() }
            #expect(unmade?.code == .schemaMismatch)
            let before = try await store.now()
            func insert(_ numbers: Int...) -> [SQLCall] {
                numbers.map { SQLCall("INSERT INTO entries (n, at) VALUES (:n, :now)", ["n": .integer($0)]) }
            }
            let refused = await #expect(throws: UnstickError.self) { try await store.change(insert(1, 2, 1)) { _ in } }
            #expect(refused?.code == .databaseRejected)
            #expect(try await store.change(insert(1, 2)) { $0.map(\.affected) } == [1, 1])
            #expect(try await store.change(insert(3)) { $0[0].affected } == 1)
            let calls = [SQLCall("SELECT count(*) AS n FROM entries"), SQLCall("SELECT min(at) AS at FROM entries")]
            let (count, first) = try await store.snapshot(calls) { results in
                (try results[0].only().integer("n"), try results[1].only().timestamp(required: "at"))
            }
            #expect(count == 3 && first >= before)
            let all = try await store.scan(SQLCall("SELECT n FROM entries ORDER BY n"), into: [Int]()) { numbers, row in
                numbers.append(row.integer("n") ?? 0)
            }
            #expect(all == [1, 2, 3])
            #expect(store.connections?.busy == 0)
            try store.close()
        }
    }
}
