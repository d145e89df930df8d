import Foundation
import Testing

@testable import StoreSuite

@Suite("Databases of the behaviour suite")
struct StoreBackendTests {
    /// A server that is not installed leaves no skipped test: its arguments are missing.
    @Test("are all there where UNSTICK_REQUIRE_ALL is set")
    func all() {
        guard ProcessInfo.processInfo.environment["UNSTICK_REQUIRE_ALL"] != nil else { return }
        #expect(
            StoreBackend.available.map(\.testDescription) == [
                "SQLite in memory", "SQLite on disk", "PostgreSQL", "MariaDB",
            ]
        )
    }
}
