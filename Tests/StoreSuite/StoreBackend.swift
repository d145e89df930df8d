import Foundation
import TestSupport
import Testing
import Unstick
import UnstickMySQL
import UnstickPostgres
import UnstickSQLite

/// A database that the whole behaviour suite runs on.
///
/// Another one joins by a line in ``available``.
struct StoreBackend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let with: @Sendable ((any Store) async throws -> Void) async throws -> Void

    /// `UNSTICK_BACKEND` names one of them, to work on it alone.
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

extension MariaDBCluster {
    /// Gives a database of its own with a store on it.
    func withStore(_ body: (MySQLStore, _ url: String) async throws -> Void) async throws {
        let url = try self.makeDatabase()
        defer { self.dropDatabase(url) }
        let store = try await MySQLStore(url: url)
        try await body(store, url)
        try store.close()
    }
}
