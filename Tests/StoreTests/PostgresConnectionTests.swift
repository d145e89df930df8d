import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

@Suite("Connections to PostgreSQL", .tags(.alone), .enabled(if: PostgresServer.isThere))
struct PostgresConnectionTests {
    private func with(_ body: (PostgresCluster, _ url: String) async throws -> Void) async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in try await body(cluster, url) }
    }

    @Test("parameters are numbered, and quoted text and casts stay unchanged")
    func parameters() {
        let text = #"SELECT :a, ':b', "x:c", d::int, :a2, :a FROM t WHERE n = :now AND m = 'it''s :x'"#
        let bound = PostgresStatement.parsed(text, bindsNow: true)
        #expect(bound.sql == #"SELECT $1, ':b', "x:c", d::int, $2, $1 FROM t WHERE n = $3 AND m = 'it''s :x'"#)
        #expect(bound.parameters == ["a", "a2", "now"])
        let clock = PostgresStatement.parsed(text, bindsNow: false)
        #expect(clock.parameters == ["a", "a2"] && clock.sql.contains("extract(epoch FROM now())"))
        #expect(clock.name != bound.name && clock.name.utf8.count < 64)
    }

    @Test("a comment is no text in quotes and has no parameters")
    func comments() {
        let text = "SELECT :a -- it's :x\n, ':y' /* don't :x */ , v #>> :b FROM t"
        let statement = PostgresStatement.parsed(text, bindsNow: true)
        #expect(statement.sql == "SELECT $1 -- it's :x\n, ':y' /* don't :x */ , v #>> $2 FROM t")
        #expect(statement.parameters == ["a", "b"])
    }

    @Test("values of any content are read back unchanged")
    func values() async throws {
        try await self.with { _, url in
            let connection = try PostgresConnection(url: url)
            for text in [
                "", "it's", "\"q\"", "a\\b", "日本 🦊", "$1 :x", String(repeating: "x", count: 100_000), "{a,\"b\"}",
            ] {
                let call = SQLCall(
                    "SELECT CAST(:t AS text) AS t, (CAST(:l AS text[]))[2] AS l",
                    [
                        "t": .text(text), "l": .array([.null, .text(text)]),
                    ]
                )
                let row = try connection.send([call], limit: .seconds(5))[0].first
                #expect(row?.text("t") == text && row?.text("l") == text)
            }
            for number in [Int.min, -1, 0, 1, Int.max] {
                let call = SQLCall("SELECT CAST(:n AS bigint) AS n", ["n": .integer(number)])
                #expect(try connection.send([call], limit: .seconds(5))[0].first?.integer("n") == number)
            }
            let bytes = SQLCall("SELECT CAST(:b AS bytea) AS b", ["b": .bytes([0, 1, 255])])
            #expect(try connection.send([bytes], limit: .seconds(5))[0].first?.bytes("b") == [0, 1, 255])
            #expect(throws: PostgresError.nulByte) {
                try connection.send([SQLCall("SELECT CAST(:t AS text)", ["t": .text("a\0b")])], limit: .seconds(5))
            }
            let null = try connection.send([SQLCall("SELECT NULL AS n, '' AS e")], limit: .seconds(5))[0].first
            #expect(null?.text("n") == nil && null?.text("e")?.isEmpty == true && null?.integer("n") == nil)
        }
    }

    @Test("an error has its SQLSTATE, rolls back what was sent with it, and leaves the connection usable")
    func errors() async throws {
        try await self.with { cluster, url in
            try cluster.sql("CREATE TABLE t (n int PRIMARY KEY)", in: url)
            let connection = try PostgresConnection(url: url)
            let insert = SQLCall("INSERT INTO t VALUES (1)")
            for _ in 0..<2 {
                let error = #expect(throws: PostgresError.self) {
                    try connection.send([insert, SQLCall("SELECT 1/0"), insert], limit: .seconds(5))
                }
                #expect(error?.sqlState == "22012")
            }
            let duplicate = #expect(throws: PostgresError.self) {
                try connection.send([insert, insert], limit: .seconds(5))
            }
            #expect(duplicate?.sqlState == "23505" && duplicate?.isWorthOneRepeat == true)
            #expect(try connection.send([SQLCall("SELECT n FROM t")], limit: .seconds(5))[0].count == 0)
            #expect(connection.isUsable && connection.isAlive)
        }
    }

    @Test("a pool has its limit, callers wait in line, and for a bounded time")
    func pool() async throws {
        try await self.with { _, url in
            let limits = PostgresStore.PoolLimits(connections: 2, wait: .seconds(60))
            let pool = PostgresPool(url: url, limits: limits)
            let sleep = SQLCall("SELECT pg_backend_pid() AS pid, pg_sleep(0.05)")
            let pids = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        try await pool.withConnection { connection in
                            try connection.send([sleep], limit: .seconds(5))[0].first?.integer("pid") ?? 0
                        }
                    }
                }
                return try await tasks.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(pids.count == 2)
            pool.close()
            let hasty = PostgresPool(url: url, limits: .init(connections: 2, wait: .milliseconds(300)))
            let long = SQLCall("SELECT pg_sleep(20)")
            let error = await #expect(throws: UnstickError.self) {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<3 {
                        tasks.addTask {
                            try await hasty.withConnection { _ = try $0.send([long], limit: .seconds(30)) }
                        }
                    }
                    try await tasks.next()
                    tasks.cancelAll()
                }
            }
            #expect(error?.code == .databaseUnavailable && error?.message.contains("DATABASE_POOL_SIZE") == true)
            hasty.close()
            let closed = await #expect(throws: UnstickError.self) { try await pool.withConnection { _ in } }
            #expect(closed?.code == .databaseUnavailable)
        }
    }

    @Test("a cancelled task ends its statement at once, and the connection stays usable", .timeLimit(.minutes(2)))
    func cancellation() async throws {
        try await self.with { cluster, url in
            let pool = PostgresPool(url: url, limits: PostgresStore.PoolLimits(connections: 1))
            let task = Task {
                try await pool.withConnection {
                    _ = try $0.send([SQLCall("SELECT pg_sleep(600)")], limit: .seconds(700))
                }
            }
            try await eventually("the statement runs") {
                let active = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'"
                return try cluster.sql(active, in: url) == "1" ? () : nil
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let count = try await pool.withConnection { connection in
                try connection.send([SQLCall("SELECT 1 AS n")], limit: .seconds(5))[0].count
            }
            #expect(count == 1)
        }
    }

    @Test("a statement ends at its time limit")
    func timeLimit() async throws {
        try await self.with { _, url in
            let store = try await PostgresStore(url: url, missing: .leave)
            let error = await #expect(throws: UnstickError.self) {
                try await store.once([SQLCall("SELECT pg_sleep(60)")], limit: .milliseconds(200)) { _ in }
            }
            #expect(error?.code == .databaseUnavailable && error?.message.contains("took too long") == true)
        }
    }

    @Test("a connection that the server ended is replaced, and a read is repeated")
    func reconnects() async throws {
        try await self.with { cluster, url in
            let store = try await PostgresStore(url: url, limits: .init(connections: 2))
            for _ in 0..<5 {
                _ = try await store.balance(of: "ada")
                try cluster.sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unstick' AND datname = current_database()",
                    in: url
                )
                #expect(try await store.balance(of: "ada") == 0)
            }
        }
    }

    @Test("a password never appears in an error")
    func secrets() async throws {
        let port = try PostgresCluster.freePort()
        let error = await #expect(throws: UnstickError.self) {
            try await PostgresStore(
                url: "postgres://ada:s3cr3t-pass@127.0.0.1:\(port)/x",
                limits: .init(gracePeriod: .milliseconds(100))
            )
        }
        #expect(error?.code == .databaseUnavailable && error?.message.contains("s3cr3t") == false)
    }

    @Test(
        "a URL that libpq refuses before it connects cannot be read",
        arguments: [
            "postgres://ada:s3cr3t@127.0.0.1:99999/app", "postgres://ada:s3cr3t@127.0.0.1:0/app",
            "postgres://ada:s3cr3t@127.0.0.1/app?sslmode=s3cr3t", "postgres://ada@127.0.0.1/app?connect_timeout=s3cr3t",
            "postgres://ada:s3cr3t@127.0.0.1/app?target_session_attrs=s3cr3t",
        ]
    )
    func unreadableURLs(url: String) {
        let error = #expect(throws: PostgresError.self) {
            try PostgresConnection(url: url)
        }
        #expect(error == .unreadableURL)
    }

    @Test("settings that put money at risk are reported")
    func warnings() async throws {
        try await self.with { cluster, url in
            let store = try await PostgresStore(url: url, missing: .leave)
            #expect(try await store.warnings().count { $0.hasPrefix("fsync is off") } == 1)
            let name = try cluster.sql("SELECT current_database()", in: url)
            try cluster.sql("ALTER DATABASE \(name) SET synchronous_commit = off", in: url)
            let lazy = try await PostgresStore(url: url, missing: .leave)
            #expect(try await lazy.warnings().count { $0.hasPrefix("synchronous_commit is off") } == 1)
        }
    }

    @Test("idle connections are closed, down to one", .timeLimit(.minutes(2)))
    func idle() async throws {
        try await self.with { cluster, url in
            let limits = PostgresStore.PoolLimits(connections: 8, idle: .milliseconds(100))
            let pool = PostgresPool(url: url, limits: limits)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        try await pool.withConnection { connection in
                            _ = try connection.send([SQLCall("SELECT pg_sleep(0.2)")], limit: .seconds(30))
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            let there =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'unstick'"
            while pool.counts.idle + pool.counts.busy > 1 { try await Task.sleep(for: .milliseconds(10)) }
            while try cluster.sql(there, in: url) != "1" { try await Task.sleep(for: .milliseconds(10)) }
            #expect(pool.counts == ConnectionCounts(idle: 1, busy: 0, waiting: 0))
            // It still works, with as many connections as before.
            let answer = try await pool.withConnection { connection in
                try connection.send([SQLCall("SELECT 1 AS one")], limit: .seconds(30))[0].first?.integer("one")
            }
            #expect(answer == 1)
            pool.close()
        }
    }

    @Test("over a slow connection a drain takes batches about as large as over a fast one")
    func slowLine() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { near, url in
            let relay = try CuttingRelay(to: cluster.port, delay: .milliseconds(40))
            defer { relay.close() }
            let far = try await PostgresStore(url: cluster.tcpURL(url, port: relay.port))
            var batches: [Int] = []
            for store in [near, far] {
                try await near.add((0..<1500).map { JobFixture(id: "\(batches.count)-\($0)", user: "user-\($0 % 50)") })
                var count = 0
                let options = CleanupOptions(drain: true, force: true)
                let result = try await Cleaner(store).cleanupStuckJobs(options) { _ in count += 1 }
                #expect(result.cleanedUp == 1500)
                batches.append(count)
            }
            // If round trips counted as work, the batches would shrink to the smallest size: 150 of them.
            #expect(batches[1] <= batches[0] * 4 && batches[1] < 120, "\(batches)")
            try far.close()
        }
    }
}
