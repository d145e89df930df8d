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
        ] + allServers.map { StoreBackend($0) }

    private init(_ server: some StoreServer) {
        self.init(testDescription: server.testDescription) { body in
            try await server.withStore { store, _ in try await body(store) }
        }
    }

    private init(
        testDescription: String,
        with: @Sendable @escaping ((any Store) async throws -> Void) async throws -> Void
    ) {
        (self.testDescription, self.with) = (testDescription, with)
    }

    /// The servers among them.
    static let servers = allServers.filter { only == nil || $0.testDescription == only }

    private static let allServers = ([PostgresCluster.shared, MariaDBCluster.shared] as [(any StoreServer)?])
        .compactMap { $0 }

    /// Gives a fresh, empty store, and cleans up after it.
    func withStore(_ body: (any Store) async throws -> Void) async throws {
        try await self.with(body)
    }
}
