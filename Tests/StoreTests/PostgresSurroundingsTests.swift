import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

/// Certificates and poolers between the client and the server.
@Suite("PostgreSQL with TLS and poolers", .tags(.alone), .enabled(if: PostgresServer.isThere), .serialized)
struct PostgresSurroundingsTests {
    @Test("sslmode=verify-full accepts the right certificate and refuses a wrong one, a wrong name, and none")
    func certificates() async throws {
        try await withTemporaryFolder { folder in
            try TestCertificates.make(in: folder)
            let cluster = try PostgresCluster.start()
            defer { cluster.remove() }
            for file in ["server.key", "server.crt"] {
                let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                try cluster.append(text.split(separator: "\n").map(String.init), to: file)
            }
            try cluster.protect("server.key")
            try cluster.append(["ssl = on"], to: "postgresql.conf")
            try cluster.restart("fast")
            func open(_ host: String, _ ca: String, _ mode: String = "verify-full") async throws -> String {
                let store = try await PostgresStore(
                    url:
                        "postgres://test@\(host):\(cluster.port)/postgres?sslmode=\(mode)&sslrootcert=\(folder.path)/\(ca).crt",
                    limits: .init(gracePeriod: .milliseconds(100)),
                    missing: .leave
                )
                defer { try? store.close() }
                return try await store.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", [:]) {
                    $0.text("ssl") ?? ""
                }.first ?? ""
            }
            #expect(try await open("localhost", "right") == "t")
            for (host, ca) in [("localhost", "wrong"), ("127.0.0.1", "right"), ("localhost", "absent")] {
                let error = await #expect(throws: UnstickError.self) { try await open(host, ca) }
                #expect(
                    error?.code == .databaseUnavailable && error?.cause?.contains("cert") == true,
                    "\(error as Any)"
                )
            }
        }
    }

    @Test(
        "behind PgBouncer in transaction mode everything works, also with many clients over few sessions",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/pgbouncer"))
    )
    func bouncer() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in
            let bouncer = try cluster.startBouncer(sessions: 3)
            defer { bouncer.stop() }
            let through = cluster.tcpURL(url, port: bouncer.port)
            let nodes = try await withThrowingTaskGroup(of: PostgresStore.self) { opening in
                for _ in 0..<4 { opening.addTask { try await PostgresStore(url: through) } }
                return try await opening.reduce(into: []) { $0.append($1) }
            }
            try await nodes[0].add((0..<3000).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 200)", cost: 3) })
            let cleaned = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for node in nodes {
                    tasks.addTask {
                        let options = CleanupOptions(batchSize: 50, drain: true, force: true)
                        let result = try await Cleaner(node).cleanupStuckJobs(options)
                        #expect(result.failed == 0)
                        return result.cleanedUp
                    }
                    tasks.addTask {
                        for order in 0..<20 {
                            try await TokenBalanceManager(store: node).addTokens(1, to: "user-7", key: "order-\(order)")
                        }
                        return 0
                    }
                }
                return try await tasks.reduce(0, +)
            }
            #expect(cleaned == 3000)
            #expect(try await nodes[1].balance(of: "user-7") == 20 + 15 * 3)
            #expect(try await nodes[2].claim("cleanup", due: nil, holder: "a", lease: .seconds(9)) == .claimed)
            #expect(try await nodes[3].claim("cleanup", due: nil, holder: "b", lease: .seconds(9)) == .busy)
            try await nodes[3].expectClean()
            for node in nodes { try node.close() }
        }
    }
}
