import Foundation
import Logging
import TestSupport
import Testing
import Unstick
import UnstickPostgres
import UnstickSQL

/// A database with a team's tables.
struct Attached {
    let cluster: PostgresCluster
    let url: String

    static var isPossible: Bool { PostgresCluster.shared != nil }

    /// Provides a new database.
    ///
    /// - Parameter schema: a file of ``schemas`` that creates the tables.
    static func with(schema: String? = nil, _ body: (Attached) async throws -> Void) async throws {
        let cluster = try #require(PostgresCluster.shared)
        let url = try cluster.makeDatabase()
        defer { cluster.dropDatabase(url) }
        let database = Attached(cluster: cluster, url: url)
        if let schema { try cluster.script(Self.schemas.appending(path: schema + ".sql"), in: url) }
        try await body(database)
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    static let schemas = folder.appending(path: "Schemas")

    @discardableResult
    func sql(_ sql: String) throws -> String { try self.cluster.sql(sql, in: self.url) }

    /// - Parameter accepts: whether the ages of the jobs are accepted: tests make jobs older by whole hours, as a wrong
    ///   time zone does.
    /// - Parameter exact: whether the times count as the database's own, so that one look is enough.
    func store(
        _ mapping: MappingFile,
        preset: Preset? = nil,
        accepts: Bool = true,
        exact: Bool = true
    ) async throws -> PostgresStore {
        let mapping = exact ? mapping.exact : mapping
        let store = try await PostgresStore(url: self.url, mapping: mapping, preset: preset, missing: .migrate)
        if accepts { try await store.acceptAges(by: "test") }
        return store
    }

    func doctor(_ mapping: MappingFile, preset: Preset? = nil) async throws -> [Finding] {
        try await PostgresDoctor(url: self.url, mapping: mapping, preset: preset).examine()
    }
}

extension MappingFile {
    /// The mapping with times from the database's clock.
    var exact: MappingFile {
        var mapping = self
        mapping.jobs.started?.clock = .database
        mapping.jobs.updated?.clock = .database
        mapping.jobs.heartbeat?.clock = .database
        mapping.jobs.created?.clock = .database
        return mapping
    }

    init(_ json: String) throws { try self.init(json: Data(json.utf8)) }
}

extension Preset {
    func on(_ stuck: MappingFile.OnStuck) -> MappingFile {
        var mapping = self.mapping
        mapping.onStuck = stuck
        return mapping
    }
}

extension Cleaner {
    /// A cleaner that does not log into the test's output.
    init(_ store: some CleanupStore) {
        self.init(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
