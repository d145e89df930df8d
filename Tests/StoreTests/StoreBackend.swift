import Foundation
import TestSupport
import Testing
import Unstick
import UnstickPostgres
import UnstickSQLite

/// A database that the whole behaviour suite runs on.
///
/// Another one joins by a line in ``available``.
struct StoreBackend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let with: @Sendable ((any Store) async throws -> Void) async throws -> Void

    static let available =
        [
            StoreBackend(testDescription: "SQLite in memory") { try await $0(SQLiteStore.inMemory()) },
            StoreBackend(testDescription: "SQLite on disk") { body in
                try await withTemporaryFolder { try await body(SQLiteStore(path: $0.appending(path: "test.db").path)) }
            },
        ] + (PostgresCluster.shared.map { [postgres($0)] } ?? [])

    private static func postgres(_ cluster: PostgresCluster) -> StoreBackend {
        StoreBackend(testDescription: "PostgreSQL") { body in
            try await cluster.withStore { store, _ in try await body(store) }
        }
    }

    /// Gives a fresh, empty store, and cleans up after it.
    func withStore(_ body: (any Store) async throws -> Void) async throws {
        try await self.with(body)
    }
}

extension PostgresCluster {
    /// Gives a database of its own with a store on it.
    func withStore(_ body: (PostgresStore, _ url: String) async throws -> Void) async throws {
        try await self.withDatabase { url in
            let store = try await PostgresStore(url: url)
            try await body(store, url)
            try store.close()
        }
    }

    /// Gives an empty database of its own.
    func withDatabase(_ body: (_ url: String) async throws -> Void) async throws {
        let url = try self.makeDatabase()
        defer { self.dropDatabase(url) }
        try await body(url)
    }
}
