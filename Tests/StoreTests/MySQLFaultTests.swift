import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import UnstickMySQL

/// Transactions when the connection, the server or another transaction fails or blocks.
@Suite(
    "MariaDB after faults",
    .tags(.alone),
    .enabled(if: MariaDBServer.isThere),
    .serialized,
    .timeLimit(.minutes(10))
)
struct MySQLFaultTests {
    private func with(_ body: (MariaDBCluster, _ url: String) async throws -> Void) async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withDatabase { url in
            try cluster.sql("CREATE TABLE entries (id varchar(40) PRIMARY KEY, n bigint NOT NULL DEFAULT 0)", in: url)
            try await body(cluster, url)
        }
    }

    private static func pool(_ url: String, _ limits: PoolLimits = PoolLimits(connections: 4)) -> MySQLPool {
        MySQLPool(url: url, limits: limits, names: .plain)
    }

    private static func transact<Value: Sendable>(
        on pool: MySQLPool,
        ifUnknown: Unknown<Value>,
        _ body: @Sendable @escaping (MySQLTransaction) throws -> Value
    ) async throws -> Value {
        try await pool.transact(ifUnknown: ifUnknown) { connection in
            MySQLTransaction(on: connection, limit: ServerLimits.statement)
        } _: {
            try body($0)
        }
    }

    /// Adds an entry, unless it exists.
    private static func add(
        _ id: String,
        on pool: MySQLPool,
        ifUnknown: Unknown<Int>
    ) async throws {
        _ = try await self.transact(on: pool, ifUnknown: ifUnknown) { transaction in
            try transaction.run("INSERT IGNORE INTO entries (id) VALUES (:id)", ["id": .text(id)]).affected
        }
    }

    private static let find = "SELECT 1 AS n FROM entries WHERE id = :id"

    @Test(
        "a connection that is cut at the commit: the outcome is read back, and the transaction happened once or not at all",
        arguments: [CuttingRelay.Cut.before, .after]
    )
    func cutAtCommit(cut: CuttingRelay.Cut) async throws {
        try await self.with { cluster, url in
            let relay = try CuttingRelay(to: cluster.port, at: "\u{3}COMMIT")
            defer { relay.close() }
            let (direct, far) = (Self.pool(url), Self.pool(cluster.tcpURL(url, port: relay.port)))
            for n in 0..<20 {
                relay.arm(cut)
                let outcome = Unknown<Int>.readBack {
                    try await direct.once {
                        try $0.send([SQLCall(Self.find, ["id": .text("read-\(n)")])], limit: .seconds(5))[0].first?
                            .integer("n")
                    }
                }
                do {
                    try await Self.add("read-\(n)", on: far, ifUnknown: outcome)
                    #expect(cut == .after)
                } catch let error as UnstickError {
                    #expect(cut == .before && error.code == .databaseUnavailable, "\(error)")
                }
                relay.arm(cut)
                try await Self.add("repeated-\(n)", on: far, ifUnknown: .repeatIt)
            }
            relay.arm(cut)
            let error = await #expect(throws: UnstickError.self) {
                try await Self.add("unknown", on: far, ifUnknown: .fail)
            }
            #expect(error?.message.contains("not known whether") == true)
            #expect(relay.count == 41)
            let ids = try cluster.sql("SELECT count(*) FROM entries", in: url)
            #expect(ids == (cut == .before ? "20" : "41"))
            for pool in [direct, far] { pool.close() }
        }
    }

    @Test(
        "a connection that is cut before the commit: the transaction runs again and happens once",
        arguments: [CuttingRelay.Cut.before, .after]
    )
    func cutBeforeCommit(cut: CuttingRelay.Cut) async throws {
        try await self.with { cluster, url in
            let relay = try CuttingRelay(to: cluster.port, at: "the-entry")
            defer { relay.close() }
            let pool = Self.pool(cluster.tcpURL(url, port: relay.port))
            for n in 0..<20 {
                relay.arm(cut)
                try await Self.add("the-entry-\(n)", on: pool, ifUnknown: .fail)
            }
            #expect(try relay.count == 20 && cluster.sql("SELECT count(*) FROM entries", in: url) == "20")
            pool.close()
        }
    }

    @Test("a deadlock is resolved by running the transaction again")
    func deadlock() async throws {
        try await self.with { cluster, url in
            try cluster.sql("INSERT INTO entries (id) VALUES ('a'), ('b')", in: url)
            let pool = Self.pool(url)
            let (met, runs) = (Counter(), Counter())
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for order in [["a", "b"], ["b", "a"]] {
                    tasks.addTask {
                        try await Self.transact(on: pool, ifUnknown: .fail) { transaction in
                            runs.add()
                            for id in order {
                                try transaction.run("UPDATE entries SET n = n + 1 WHERE id = :id", ["id": .text(id)])
                                // Both have their first row before either requests its second.
                                met.add()
                                met.wait(for: 2)
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(runs.value == 3)
            #expect(try cluster.sql("SELECT sum(n) FROM entries", in: url) == "4")
            pool.close()
        }
    }

    /// Its condition guards the count.
    private final class Counter: @unchecked Sendable {
        private let condition = NSCondition()
        private var count = 0

        var value: Int { self.condition.withLock { self.count } }

        func add() {
            self.condition.withLock { self.count += 1 }
            self.condition.broadcast()
        }

        /// Blocks until the count is this large.
        func wait(for least: Int) {
            self.condition.withLock { while self.count < least { self.condition.wait() } }
        }
    }

    @Test("a lock that is held for too long is an error, and a shorter wait ends with its transaction")
    func lockWait() async throws {
        try await self.with { cluster, url in
            try cluster.sql("INSERT INTO entries (id) VALUES ('a')", in: url)
            let holder = MySQLTransaction(on: try MySQLConnection(url: url, names: .plain), limit: .seconds(30))
            try holder.run("UPDATE entries SET n = 1")
            let pool = Self.pool(url, PoolLimits(connections: 1))
            let error = await #expect(throws: UnstickError.self) {
                try await Self.transact(on: pool, ifUnknown: .fail) { transaction in
                    try transaction.run("SET innodb_lock_wait_timeout = 1")
                    try transaction.run("UPDATE entries SET n = 2")
                }
            }
            #expect(error?.code == .lockTimeout)
            holder.rollBack()
            let wait = try await Self.transact(on: pool, ifUnknown: .fail) { transaction in
                try transaction.run("SELECT @@innodb_lock_wait_timeout AS n").only().integer("n")
            }
            #expect(wait == 25)
            pool.close()
        }
    }

    @Test("a transaction has one time, and a snapshot one view")
    func clock() async throws {
        try await self.with { cluster, url in
            let pool = Self.pool(url)
            let times = try await Self.transact(on: pool, ifUnknown: .fail) { transaction in
                let now = "SELECT :now AS now"
                let first = try transaction.run([SQLCall(now), SQLCall("SELECT sleep(0.05)"), SQLCall(now)])
                return try [first[0], first[2], transaction.run(now)].map { try $0.only().integer(required: "now") }
            }
            #expect(Set(times).count == 1 && abs(times[0] - Int(Date().timeIntervalSince1970 * 1000)) < 60_000)
            let snapshot = MySQLTransaction(
                on: try MySQLConnection(url: url, names: .plain),
                mode: .snapshot,
                limit: .seconds(30)
            )
            let count = "SELECT count(*) AS n FROM entries"
            #expect(try snapshot.run(count).only().integer("n") == 0)
            try cluster.sql("INSERT INTO entries (id) VALUES ('a')", in: url)
            #expect(try snapshot.run(count).only().integer("n") == 0)
            #expect(throws: MySQLError.self) { try snapshot.run("DELETE FROM entries") }
            snapshot.rollBack()
            pool.close()
        }
    }

    @Test("a server that was restarted or has crashed: calls wait for it, and committed data is there")
    func restarts() async throws {
        let cluster = try MariaDBCluster.start()
        defer { cluster.remove() }
        try await cluster.withDatabase { url in
            try cluster.sql("CREATE TABLE entries (id varchar(40) PRIMARY KEY)", in: url)
            let pool = Self.pool(url, PoolLimits(connections: 3, gracePeriod: .seconds(60)))
            for (round, signal) in [SIGTERM, SIGKILL].enumerated() {
                try await Self.add("\(round)", on: pool, ifUnknown: .fail)
                try cluster.restart(signal)
                try await Self.add("again-\(round)", on: pool, ifUnknown: .fail)
                #expect(try cluster.sql("SELECT count(*) FROM entries", in: url) == "\(round * 2 + 2)")
            }
            pool.close()
        }
    }

    @Test("calls to a hanging server wait for a bounded time")
    func hangs() async throws {
        let cluster = try MariaDBCluster.start()
        defer { cluster.remove() }
        let url = try cluster.makeDatabase()
        let pool = Self.pool(url, PoolLimits(connections: 1, gracePeriod: .milliseconds(1)))
        let call = SQLCall("SELECT 1 AS n")
        try await pool.withConnection { _ = try $0.send([call], limit: .seconds(1)) }
        try cluster.hang()
        defer { cluster.goOn() }
        let lost = await #expect(throws: MySQLError.self) {
            try await pool.withConnection { _ = try $0.send([call], limit: .milliseconds(100)) }
        }
        #expect(lost?.lossReason != nil, "\(lost as Any)")
        // The broken connection is replaced, and the server accepts the new one and sends nothing.
        let unreachable = await #expect(throws: MySQLError.self) { try await pool.withConnection { _ in } }
        #expect(unreachable?.mayConnectLater == true, "\(unreachable as Any)")
        pool.close()
    }
}
