package import TestSupport
package import Unstick
import UnstickPostgres

/// PostgreSQL, whose clock is its own: time passes by making everything older.
package struct PostgresSubject: ModelledStore {
    package private(set) var store: any Store
    private let cluster: PostgresCluster
    private let url: String

    package init(_ cluster: PostgresCluster, url: String) async throws {
        self.cluster = cluster
        self.url = url
        self.store = try await PostgresStore(url: url, limits: .init(connections: 2))
    }

    package mutating func advance(hours: Int) async throws {
        let past = hours * 3_600_000
        try self.cluster.sql(
            """
            UPDATE unstick.jobs SET created_at = created_at - \(past), available_at = available_at - \(past),
                processing_started_at = processing_started_at - \(past), updated_at = updated_at - \(past),
                processing_completed_at = processing_completed_at - \(past), quarantined_at = quarantined_at - \(past);
            UPDATE unstick.leases SET beat_at = beat_at - \(past);
            """,
            in: self.url
        )
    }

    package mutating func crash() async throws {
        try self.store.close()
        self.store = try await PostgresStore(url: self.url, limits: .init(connections: 2))
    }
}
