import BenchSupport
import Dispatch
import Foundation
import UnstickPostgres
import UnstickSQL

/// The fastest possible worker of a queue: two statements, each its own transaction, on its own connection.
///
/// It stores no mark to find the job again if an answer is lost, and clears no lease.
final class BareWorker: Sendable {
    private static let claim = """
        UPDATE unstick.jobs SET status = 'PROCESSING', attempt = attempt + 1, processing_started_at = :now,
            updated_at = :now
        WHERE id IN (
            SELECT id FROM unstick.jobs WHERE status = 'PENDING' AND kind = 'image'
            ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING id, attempt
        """
    private static let complete = """
        UPDATE unstick.jobs SET status = 'COMPLETED', processing_completed_at = :now, updated_at = :now
        WHERE id = :id AND attempt = :attempt
        """

    private let connection: PostgresConnection
    /// The connection blocks, and there are only as many task threads as processors.
    private let queue = DispatchQueue(label: "bare worker")

    init(url: String) throws {
        self.connection = try PostgresConnection(url: url)
    }

    /// Claims one job and completes it.
    func step() async throws {
        try await withCheckedThrowingContinuation { continuation in
            self.queue.async { continuation.resume(with: Result { try self.work() }) }
        }
    }

    private func work() throws {
        let row = try self.run(Self.claim, [:]).first
        guard let id = row?.text("id"), let attempt = row?.integer("attempt"),
            try self.run(Self.complete, ["id": .text(id), "attempt": .integer(attempt)]).affected == 1
        else { throw BenchFailure(reason: "a bare worker found no job, or lost it") }
    }

    private func run(_ sql: String, _ arguments: SQLArguments) throws -> PostgresResult {
        try self.connection.send([SQLCall(sql, arguments)], limit: .seconds(60))[0]
    }
}
