import TestSupport
import Testing
import Unstick
import UnstickMySQL
import UnstickSQL

@testable import UnstickPostgres

/// A server of the tests with the stores on it.
protocol StoreServer: DatabaseCluster, CustomTestStringConvertible {
    associatedtype Opened: SQLStore

    /// What a connection sends to commit.
    var commit: String { get }

    func open(_ url: String, limits: PoolLimits) async throws -> Opened
}

extension StoreServer {
    func open(_ url: String) async throws -> Opened { try await self.open(url, limits: PoolLimits()) }

    /// Gives a database of its own with a store on it.
    func withStore(_ body: (Opened, _ url: String) async throws -> Void) async throws {
        try await self.withDatabase { url in
            let store = try await self.open(url)
            try await body(store, url)
            try store.close()
        }
    }
}

extension PostgresCluster: StoreServer {
    var testDescription: String { "PostgreSQL" }

    /// It is prepared: the message has its name.
    var commit: String { PostgresStatement.parsed("COMMIT", bindsNow: false).name }

    func open(_ url: String, limits: PoolLimits) async throws -> PostgresStore {
        try await PostgresStore(url: url, limits: limits)
    }
}

extension MariaDBCluster: StoreServer {
    var testDescription: String { "MariaDB" }

    /// After the byte that begins a text command.
    var commit: String { "\u{3}COMMIT" }

    func open(_ url: String, limits: PoolLimits) async throws -> MySQLStore {
        try await MySQLStore(url: url, limits: limits)
    }
}
