import Foundation
import Synchronization
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import UnstickMySQL

enum MariaDBServer {
    static var isThere: Bool { MariaDBCluster.shared != nil }
}

@Suite("Connections to MariaDB", .tags(.alone), .enabled(if: MariaDBServer.isThere))
struct MySQLConnectionTests {
    private func with(_ body: (MariaDBCluster, _ url: String) async throws -> Void) async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withDatabase { url in try await body(cluster, url) }
    }

    private static let limit = Duration.seconds(5)

    @Test("each parameter becomes a question mark, and quoted text stays unchanged")
    func parameters() {
        let text = #"SELECT :a, ':b', "x:c", :a2, :a FROM unstick.t WHERE n = :now AND m = 'it''s :x'"#
        let statement = MySQLStatement.parsed(text, .plain)
        #expect(statement.sql == #"SELECT ?, ':b', "x:c", ?, ? FROM t WHERE n = ? AND m = 'it''s :x'"#)
        #expect(statement.parameters == ["a", "a2", "a", "now"])
        #expect(statement.needsClock([:]) && !statement.needsClock(["now": .integer(1)]))
        #expect(!MySQLStatement.parsed("SELECT :a", .plain).needsClock([:]))
    }

    @Test("a comment is no text in quotes and has no parameters, in each of the three forms")
    func comments() async throws {
        let text = """
            SELECT 1 / :a -- it's :x / unstick.x
                , '-- :y' /* don't :x */ , 3 / :b # can't :x
                FROM unstick.t
            """
        let statement = MySQLStatement.parsed(text, .plain)
        #expect(
            statement.sql == """
                SELECT 1 DIV ? -- it's :x / unstick.x
                    , '-- :y' /* don't :x */ , 3 DIV ? --  can't :x
                    FROM t
                """
        )
        #expect(statement.parameters == ["a", "b"])
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            let sql = text.replacing("FROM unstick.t", with: "")
            let row = try connection.send([SQLCall(sql, ["a": .integer(1), "b": .integer(2)])], limit: Self.limit)[0]
                .only()
            #expect((0..<3).map { row.text(at: $0) } == ["1", "-- :y", "1"])
        }
    }

    @Test("values of any content are read back unchanged")
    func values() async throws {
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            func one(_ sql: String, _ arguments: SQLArguments) throws -> any StoredRow {
                try connection.send([SQLCall(sql, arguments)], limit: Self.limit)[0].only()
            }
            for text in [
                "", "it's", "\"q\"", "a\\b", "日本 🦊", "? :x", String(repeating: "x🦊", count: 100_000), "{a,\"b\"}",
                "1\u{7f}",
            ] {
                let row = try one("SELECT :t AS t, char_length(:t) AS n", ["t": .text(text)])
                #expect(row.text("t") == text && row.integer("n") == text.unicodeScalars.count)
            }
            for number in [Int.min, -1, 0, 1, Int.max] {
                let row = try one(
                    "SELECT CAST(:n AS signed) AS n, CAST(:n AS decimal(40)) AS d",
                    ["n": .integer(number)]
                )
                #expect(row.integer("n") == number && row.integer("d") == number && row.text("n") == "\(number)")
            }
            let bytes = (0...255).map { UInt8($0) }
            #expect(try one("SELECT :b AS b", ["b": .bytes(bytes)]).bytes("b") == bytes)
            let row = try one(
                "SELECT :f AS f, :t AS t, NULL AS n, '' AS e, 1.5e0 AS x",
                ["f": false, "t": true]
            )
            #expect(!row.flag("f") && row.flag("t") && row.text("n") == nil && row.integer("n") == nil)
            #expect(row.text("e")?.isEmpty == true && row.number("x") == 1.5 && row.text(at: 4) == "1.5")
            #expect(row.bytes("n") == [] && !row.flag("n"))
            #expect(throws: MySQLError.nulByte) { try one("SELECT :t AS t", ["t": .text("a\0b")]) }
        }
    }

    @Test("values of tables are read correctly: sums, unsigned numbers, times, bits, rows of many lengths")
    func columns() async throws {
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            let table = """
                CREATE TABLE t (n bigint, u bigint unsigned, d decimal(20, 2), s varchar(300), at datetime(3), b bit(1), f float,
                    tiny tinyint, j json)
                """
            let insert = """
                INSERT INTO t VALUES (:n, 18446744073709551615, 7, :s, '2026-01-02 03:04:05.678', b'1', 0.5, -7, '{"a":1}')
                """
            let most = 9_007_199_254_740_991
            _ = try connection.send(
                [SQLCall(table)]
                    + (0..<100).map {
                        SQLCall(insert, ["n": .integer(most - $0), "s": .text(String(repeating: "é", count: $0))])
                    },
                limit: Self.limit
            )
            let all = try connection.send([SQLCall("SELECT * FROM t ORDER BY n DESC")], limit: Self.limit)[0]
            #expect(all.count == 100)
            for (index, row) in all.rows.enumerated() {
                #expect(row.integer("n") == most - index && row.text("s")?.count == index)
            }
            let row = try #require(all.first)
            #expect(row.text("u") == "18446744073709551615" && row.integer("u") == nil && row.integer("d") == 7)
            #expect(row.text("at") == "2026-01-02 03:04:05.678" && row.flag("b") && row.number("f") == 0.5)
            #expect(row.integer("tiny") == -7 && row.text("j") == "{\"a\":1}")
            let sum = try connection.send([SQLCall("SELECT sum(n) AS s, avg(n) AS a FROM t")], limit: Self.limit)[0]
                .only()
            #expect(sum.integer("s") == most * 100 - 4950 && sum.integer("a") == nil)
        }
    }

    @Test("texts are compared byte by byte, and a value that does not fit is refused")
    func exact() async throws {
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            let sql = "SELECT :a = :b AS same, 'a' = 'A' AS folded, 'a' || 'b' AS \"joined\", 'a\\' AS slash"
            for (a, b) in [("a", "A"), ("é", "e\u{301}"), ("ß", "ss"), ("🦊", "🐻"), ("", "\u{200b}")] {
                let row = try connection.send([SQLCall(sql, ["a": .text(a), "b": .text(b)])], limit: Self.limit)[0]
                    .only()
                #expect(!row.flag("same") && !row.flag("folded"), "\(a) \(b)")
                #expect(row.text("joined") == "ab" && row.text("slash") == "a\\")
            }
            _ = try connection.send([SQLCall("CREATE TABLE t (s varchar(2), n tinyint)")], limit: Self.limit)
            for (sql, code) in [("INSERT INTO t (s) VALUES ('abc')", 1406), ("INSERT INTO t (n) VALUES (200)", 1264)] {
                let error = #expect(throws: MySQLError.self) { try connection.send([SQLCall(sql)], limit: Self.limit) }
                #expect(error?.code == code)
            }
        }
    }

    @Test("an UPDATE counts the rows that it finds, also without a change")
    func affected() async throws {
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            let results = try connection.send(
                [
                    "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1), (2), (3)", "UPDATE t SET n = n WHERE n < 3",
                    "DELETE FROM t WHERE n = 9", "SELECT n FROM t", "INSERT INTO t VALUES (7) RETURNING n",
                ].map { SQLCall($0) },
                limit: Self.limit
            )
            #expect(results.map(\.affected) == [0, 3, 2, 0, 3, 1])
            #expect(results[5].first?.integer("n") == 7)
        }
    }

    @Test("a refused statement has a reason, and the connection stays usable")
    func errors() async throws {
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            _ = try connection.send([SQLCall("CREATE TABLE t (n int PRIMARY KEY)")], limit: Self.limit)
            let insert = SQLCall("INSERT INTO t VALUES (1)")
            let duplicate = #expect(throws: MySQLError.self) {
                try connection.send([insert, insert, SQLCall("DELETE FROM t")], limit: Self.limit)
            }
            #expect(duplicate?.code == 1062 && duplicate?.isWorthOneRepeat == true)
            let wrong = #expect(throws: MySQLError.self) {
                try connection.send([SQLCall("SELECT FROM")], limit: Self.limit)
            }
            #expect(wrong?.code == 1064)
            #expect(try connection.send([SQLCall("SELECT n FROM t")], limit: Self.limit)[0].count == 1)
            #expect(connection.isUsable && connection.isAlive)
        }
    }

    @Test("a statement ends at its time limit, and the next one has its own")
    func timeLimit() async throws {
        try await self.with { _, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            let slow = SQLCall("SELECT sleep(:seconds) AS s", ["seconds": .text("30")])
            let error = #expect(throws: MySQLError.self) { try connection.send([slow], limit: .milliseconds(200)) }
            #expect(error.map { UnstickError($0).message.contains("took too long") } == true, "\(error as Any)")
            let quick = SQLCall("SELECT sleep(:seconds) AS s", ["seconds": .text("0.4")])
            #expect(try connection.send([quick], limit: Self.limit)[0].first?.integer("s") == 0)
        }
    }

    @Test("a connection keeps a bounded number of statements prepared")
    func statementCache() async throws {
        try await self.with { cluster, url in
            let connection = try MySQLConnection(url: url, names: .plain)
            for round in 0..<2 {
                for n in 0..<(PreparedStatements.most + 50) {
                    #expect(
                        try connection.send([SQLCall("SELECT \(n) AS n")], limit: Self.limit)[0].first?.integer("n")
                            == n
                    )
                }
                #expect(connection.isUsable, "\(round)")
            }
            #expect(connection.preparedCount == PreparedStatements.most)
        }
    }

    @Test(
        "a URL is parsed correctly",
        arguments: [
            ("mysql://ada:p%40ss%2Fw%3A@db.example:3307/app", "ada p@ss/w: db.example 3307 app nil preferred"),
            ("mariadb://ada@[::1]/app?ssl-mode=verify-identity&ssl-ca=/a%20b", "ada  ::1 3306 app nil verifyIdentity"),
            ("mysql://ada:a:b@h/app?ssl-mode=REQUIRED", "ada a:b h 3306 app nil required"),
            ("mysql://ada:a@b@h/app", "ada a@b h 3306 app nil preferred"),
            ("mysql://ada@/app?socket=/run/m.sock", "ada  localhost 3306 app /run/m.sock disabled"),
            ("mysql://ada@h/app?ssl-ca=/ca.crt", "ada  h 3306 app nil verifyIdentity"),
        ]
    )
    func urls(url: String, expected: String) throws {
        let address = try MySQLAddress(url: url)
        let read =
            "\(address.user) \(address.password) \(address.host) \(address.port) \(address.database) "
            + "\(address.socket ?? "nil") \(address.encryption)"
        #expect(read == expected)
    }

    @Test(
        "a URL that cannot be read is refused without any of its parts",
        arguments: [
            "mysql://ada:s3cr3t/x@h/app", "mysql://ada:12/s3cr3t@h/app", "mysql://ada:s3cr3t?x@h/app",
            "mysql://ada:12?s3cr3t@h/app", "mysql://ada:s3cr3t#x@h/app", "mysql://ada:s3cr3t%zz@h/app",
            "mysql://ada:s3cr3t%00@h/app", "mysql://ada:s3cr3t@h", "mysql://ada:s3cr3t@h/",
            "mysql://ada:s3cr3t@h:0/app",
            "mysql://ada:s3cr3t@h:99999/app", "mysql://ada:s3cr3t@h/app?tls=s3cr3t",
            "mysql://ada:s3cr3t@h/app?ssl-mode=s3cr3t", "mysql://ada:s3cr3t@h/app?ssl-mode=preferred&ssl-ca=/s3cr3t",
            "mysql://ada:s3cr3t@[::1/app", "postgres://ada:s3cr3t@h/app", "s3cr3t",
        ]
    )
    func unreadableURLs(url: String) {
        let error = #expect(throws: MySQLError.self) { try MySQLConnection(url: url, names: .plain) }
        #expect(error == .unreadableURL && !"\(error as Any)".contains("s3cr3t"))
    }

    @Test(
        "a server that asks for the password as plain text does not get it",
        arguments: ["required", "preferred", "disabled"]
    )
    func plainPassword(mode: String) async throws {
        let port = try PostgresCluster.freePort()
        let listener = try CuttingRelay.listen(on: port)
        defer { close(listener) }
        async let received = offSharedThreads {
            let client = accept(listener, nil, nil)
            defer { close(client) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            var bytes: [UInt8] = []
            for message in [Self.greeting, Self.askForPlainPassword] {
                _ = write(client, message, message.count)
                let count = read(client, &buffer, buffer.count)
                bytes += buffer.prefix(max(0, count))
            }
            return bytes
        }
        let url = "mysql://ada:s3cr3t@127.0.0.1:\(port)/app?ssl-mode=\(mode)"
        await #expect(throws: MySQLError.self) {
            try await offSharedThreads { _ = try MySQLConnection(url: url, names: .plain) }
        }
        let bytes = try await received
        #expect(bytes.count > 30 && !String(decoding: bytes, as: UTF8.self).contains("s3cr3t"))
    }

    /// The first packet of a server without encryption: version, a challenge, what it can do, how to authenticate.
    private static let greeting = packet(
        0,
        [10] + Array("10.11.0\0".utf8) + [1, 0, 0, 0] + Array("challeng\0".utf8) + [0x09, 0xa2, 45, 2, 0, 0x08, 0, 21]
            + [UInt8](repeating: 0, count: 10) + Array("challenge123\0mysql_native_password\0".utf8)
    )
    private static let askForPlainPassword = packet(2, [0xfe] + Array("mysql_clear_password\0".utf8))

    private static func packet(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
        [UInt8(body.count), 0, 0, number] + body
    }

    @Test("a socket that is not there is an error, whatever the host is")
    func absentSocket() {
        let url = "mysql://ada@127.0.0.1/app?socket=/nonexistent/m.sock"
        let error = #expect(throws: MySQLError.self) { try MySQLConnection(url: url, names: .plain) }
        #expect("\(error as Any)".contains("/nonexistent/m.sock"))
    }

    @Test("a pool has its limit, callers wait in line, and for a bounded time")
    func pool() async throws {
        try await self.with { _, url in
            let pool = MySQLPool(url: url, limits: PoolLimits(connections: 2), names: .plain)
            let sleep = SQLCall("SELECT connection_id() AS id, sleep(0.05)")
            let ids = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        try await pool.withConnection {
                            try $0.send([sleep], limit: Self.limit)[0].only().integer("id") ?? 0
                        }
                    }
                }
                return try await tasks.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(ids.count == 2 && pool.counts == ConnectionCounts(idle: 2, busy: 0, waiting: 0))
            pool.close()
            let hasty = MySQLPool(url: url, limits: PoolLimits(connections: 1, wait: .milliseconds(300)), names: .plain)
            let error = await #expect(throws: UnstickError.self) {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<2 {
                        tasks.addTask {
                            try await hasty.withConnection { _ = try $0.send([Self.long], limit: .seconds(30)) }
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

    private static let long = SQLCall("SELECT sleep(600)")

    @Test("a cancelled task ends its statement at once, and the connection stays usable", .timeLimit(.minutes(2)))
    func cancellation() async throws {
        try await self.with { cluster, url in
            let pool = MySQLPool(url: url, limits: PoolLimits(connections: 1), names: .plain)
            for _ in 0..<5 {
                let task = Task { try await pool.withConnection { _ = try $0.send([Self.long], limit: .seconds(700)) } }
                let running =
                    "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%sleep(600)' AND db = '"
                while try cluster.sql(running + MariaDBCluster.database(of: url) + "'") == "0" {
                    try await Task.sleep(for: .milliseconds(10))
                }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(
                    try await pool.withConnection { try $0.send([SQLCall("SELECT 1")], limit: Self.limit)[0].count }
                        == 1
                )
            }
            #expect(pool.counts == ConnectionCounts(idle: 1, busy: 0, waiting: 0))
            pool.close()
        }
    }

    @Test("a connection that the server ended is replaced, and a read is repeated")
    func reconnects() async throws {
        try await self.with { cluster, url in
            let pool = MySQLPool(url: url, limits: PoolLimits(connections: 2), names: .plain)
            for _ in 0..<5 {
                let id = try await pool.once {
                    try $0.send([SQLCall("SELECT connection_id() AS id")], limit: Self.limit)[0].only().integer("id")
                        ?? 0
                }
                try cluster.sql("KILL \(id)")
                #expect(try await pool.once { try $0.send([SQLCall("SELECT 1")], limit: Self.limit)[0].count } == 1)
            }
            // Also when it ends in the middle of a statement.
            let first = Atomic(true)
            let count = try await pool.once { connection in
                if first.exchange(false, ordering: .relaxed) {
                    _ = try connection.send([SQLCall("KILL connection_id()")], limit: Self.limit)
                }
                return try connection.send([SQLCall("SELECT 1")], limit: Self.limit)[0].count
            }
            #expect(count == 1)
            pool.close()
        }
    }

    @Test("a wrong password, database or host is reported at once, without a secret", .timeLimit(.minutes(1)))
    func refusedConnections() async throws {
        try await self.with { cluster, url in
            try cluster.sql("CREATE USER IF NOT EXISTS ada@'%' IDENTIFIED BY 'right'")
            let (name, port) = (MariaDBCluster.database(of: url), cluster.port)
            let free = try PostgresCluster.freePort()
            for (url, reason) in [
                ("mysql://ada:s3cr3t-pass@127.0.0.1:\(port)/\(name)", "Access denied for user 'ada'"),
                ("mysql://ada:right@127.0.0.1:\(port)/\(name)", "Access denied for user 'ada'"),
                ("mysql://test@127.0.0.1:\(port)/absent", "Unknown database 'absent'"),
                ("mysql://test:s3cr3t-pass@127.0.0.1:\(free)/\(name)", "Can't connect to server"),
                ("mysql://ada:s3cr3t-pass@/\(name)?socket=/tmp/absent.socket", "Can't connect to local server"),
                ("mysql://test:@127.0.0.1:\(port)/\(name)?ssl-mode=required", "does not encrypt"),
            ] {
                let gracePeriod = Duration.milliseconds(reason.hasPrefix("Can't") ? 100 : 600_000)
                let pool = MySQLPool(
                    url: url,
                    limits: PoolLimits(connections: 1, gracePeriod: gracePeriod),
                    names: .plain
                )
                let error = await #expect(throws: UnstickError.self) { try await pool.once { _ in } }
                #expect(
                    error?.code == .databaseUnavailable && error?.cause?.contains(reason) == true,
                    "\(error as Any)"
                )
                #expect(error?.cause?.contains("s3cr3t") == false && error?.message.contains("s3cr3t") == false)
                pool.close()
            }
        }
    }

    @Test("ssl-mode=verify-identity accepts the right certificate and refuses a wrong one, a wrong name, and none")
    func certificates() async throws {
        try await withTemporaryFolder { folder in
            try TestCertificates.make(in: folder)
            let cluster = try MariaDBCluster.start(settings: [
                "--ssl-cert=\(folder.path)/server.crt", "--ssl-key=\(folder.path)/server.key",
            ])
            defer { cluster.remove() }
            func isEncrypted(_ host: String, _ parameters: String) throws -> Bool {
                let url = "mysql://test@\(host):\(cluster.port)/mysql?\(parameters)"
                let cipher = SQLCall("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
                let connection = try MySQLConnection(url: url, names: .plain)
                return try connection.send([cipher], limit: Self.limit)[0].only().text("Value") != ""
            }
            func verifying(_ ca: String) -> String { "ssl-mode=verify-identity&ssl-ca=\(folder.path)/\(ca).crt" }
            #expect(try isEncrypted("localhost", verifying("right")))
            #expect(try isEncrypted("127.0.0.1", "") && isEncrypted("127.0.0.1", "ssl-mode=required"))
            #expect(try !isEncrypted("127.0.0.1", "ssl-mode=disabled"))
            for (host, parameters) in [
                ("localhost", verifying("wrong")), ("127.0.0.1", verifying("right")),
                ("localhost", verifying("absent")),
                ("localhost", "ssl-mode=verify-identity"),
            ] {
                let error = #expect(throws: MySQLError.self) { try isEncrypted(host, parameters) }
                #expect(error?.mayConnectLater == false, "\(host) \(parameters): \(error as Any)")
            }
        }
    }

    @Test("a scan returns rows of any length, one by one")
    func scan() async throws {
        try await self.with { cluster, url in
            try cluster.sql(
                "CREATE TABLE t (n bigint, s longtext); INSERT INTO t SELECT seq, repeat('é', seq % 7 * seq) FROM seq_1_to_3000",
                in: url
            )
            let connection = try MySQLConnection(url: url, names: .plain)
            var count = 0
            let call = SQLCall("SELECT n, s, NULL AS e FROM t WHERE n > :from ORDER BY n", ["from": .integer(0)])
            try connection.scan(call, limit: .seconds(30)) { row in
                count += 1
                #expect(row.integer("n") == count && row.text("s")?.utf8.count == count % 7 * count * 2)
                #expect(row.text("e") == nil)
            }
            #expect(count == 3000)
            #expect(try connection.send([SQLCall("SELECT 1")], limit: Self.limit)[0].count == 1)
        }
    }
}
