package import Unstick
package import UnstickSQL

/// A database server with its own clock: to let time pass, all rows are made older.
package struct ServerSubject: ModelledStore {
    package var store: any Store { self.opened }
    private var opened: any SQLStore
    private let open: @Sendable () async throws -> any SQLStore

    /// - Parameter open: connects to the server.
    package init(_ open: @Sendable @escaping () async throws -> any SQLStore) async throws {
        self.open = open
        self.opened = try await open()
    }

    package mutating func advance(hours: Int) async throws {
        let past: SQLArguments = ["past": .integer(hours * 3_600_000)]
        try await self.opened.execute(
            """
            UPDATE unstick.jobs SET created_at = created_at - :past, available_at = available_at - :past,
                processing_started_at = processing_started_at - :past, updated_at = updated_at - :past,
                processing_completed_at = processing_completed_at - :past, quarantined_at = quarantined_at - :past
            """,
            past
        )
        try await self.opened.execute("UPDATE unstick.leases SET beat_at = beat_at - :past", past)
    }

    package mutating func crash() async throws {
        try self.opened.close()
        self.opened = try await self.open()
    }
}
