import Foundation
import TestSupport
import Testing
import Unstick
import UnstickMySQL
import UnstickPostgres
import UnstickSQLite

/// A database for the whole behaviour suite.
///
/// A new one needs a line in ``available``.
struct StoreBackend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let with: @Sendable ((any Store) async throws -> Void) async throws -> Void

    /// `UNSTICK_BACKEND` selects a single one.
    static let available = all.filter { only == nil || $0.testDescription == only }

    private static let only = ProcessInfo.processInfo.environment["UNSTICK_BACKEND"]

    private static let all =
        [
            StoreBackend(testDescription: "SQLite in memory") { try await $0(SQLiteStore.inMemory()) },
            StoreBackend(testDescription: "SQLite on disk") { body in
                try await withTemporaryFolder { try await body(SQLiteStore(path: $0.appending(path: "test.db").path)) }
            },
            PostgresCluster.shared.map { cluster in
                StoreBackend(testDescription: "PostgreSQL") { body in
                    try await cluster.withStore { store, _ in try await body(store) }
                }
            },
            MariaDBCluster.shared.map { cluster in
                StoreBackend(testDescription: "MariaDB") { body in
                    try await cluster.withStore { store, _ in try await body(store) }
                }
            },
        ].compactMap { $0 }

    /// Provides a new, empty store, and removes it after the body.
    func withStore(_ body: (any Store) async throws -> Void) async throws {
        try await self.with(body)
    }
}

extension PostgresCluster {
    /// Provides a new database with a store on it.
    func withStore(_ body: (PostgresStore, _ url: String) async throws -> Void) async throws {
        try await self.withDatabase { url in
            let store = try await PostgresStore(url: url)
            try await body(store, url)
            try store.close()
        }
    }

    /// Provides a new, empty database.
    func withDatabase(_ body: (_ url: String) async throws -> Void) async throws {
        let url = try self.makeDatabase()
        defer { self.dropDatabase(url) }
        try await body(url)
    }
}

extension MariaDBCluster {
    /// Provides a new database with a store on it.
    func withStore(_ body: (MySQLStore, _ url: String) async throws -> Void) async throws {
        let url = try self.makeDatabase()
        defer { self.dropDatabase(url) }
        let store = try await MySQLStore(url: url)
        try await body(store, url)
        try store.close()
    }
}
