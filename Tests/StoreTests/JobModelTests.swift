import Foundation
import JobModel
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickMySQL
import UnstickPostgres

@testable import StoreSuite

/// Short runs; `make model` uses a thousand seeds of a thousand steps.
@Suite("Job model")
struct JobModelTests {
    @Test("in memory", arguments: 1...12)
    func memory(seed: Int) async throws {
        var world = ModelWorld(try SQLiteSubject(), seed: UInt64(seed))
        try await world.run(steps: 300)
    }

    @Test("in a file, with crashes", arguments: 1...2)
    func file(seed: Int) async throws {
        try await withTemporaryFolder { folder in
            var world = ModelWorld(try SQLiteSubject(path: folder.appending(path: "m.db").path), seed: UInt64(seed))
            try await world.run(steps: 150)
        }
    }
}

@Suite("Job model on PostgreSQL", .tags(.alone), .enabled(if: PostgresCluster.shared != nil))
struct PostgresModelTests {
    @Test("with crashes", arguments: 1...3)
    func postgres(seed: Int) async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in
            let subject = try await ServerSubject { try await PostgresStore(url: url, limits: .init(connections: 2)) }
            var world = ModelWorld(subject, seed: UInt64(seed))
            try await world.run(steps: 150)
        }
    }
}

@Suite("Job model on MariaDB", .tags(.alone), .enabled(if: MariaDBCluster.shared != nil))
struct MySQLModelTests {
    @Test("with crashes", arguments: 1...3)
    func mariaDB(seed: Int) async throws {
        let cluster = try #require(MariaDBCluster.shared)
        try await cluster.withDatabase { url in
            let subject = try await ServerSubject { try await MySQLStore(url: url, limits: .init(connections: 2)) }
            var world = ModelWorld(subject, seed: UInt64(seed))
            try await world.run(steps: 150)
        }
    }
}
