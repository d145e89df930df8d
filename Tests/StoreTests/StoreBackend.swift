import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

/// A database that the whole behaviour suite runs on.
///
/// Another one joins by a line in ``available``.
struct StoreBackend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let open: @Sendable (_ folder: URL) throws -> any Store

    static let available = [
        StoreBackend(testDescription: "SQLite in memory") { _ in try SQLiteStore.inMemory() },
        StoreBackend(testDescription: "SQLite on disk") { try SQLiteStore(path: $0.appending(path: "test.db").path) },
    ]

    /// Gives a fresh, empty store, and cleans up after it.
    func withStore(_ body: (any Store) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(self.open($0)) }
    }
}
