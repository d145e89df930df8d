import Foundation
import Synchronization
import UnstickPostgres
import UnstickSQL

/// The design that Unstick replaces: it finds a hundred jobs, and then cleans each by itself, several at a time over a
/// pool.
///
/// Each job needs two transactions, one that fails it and one that refunds it; the second writes a balance that it
/// computed from a read. That loses tokens when two refund the same user at once, and jobs whose refund is refused stay
/// failed without one: it is measured as it was.
final class SeedDesign {
    private static let batch = 100
    private static let connections = 10

    private let pool: [PostgresConnection]
    private let now: Int

    private struct Victim {
        let id: String
        let user: String
        let cost: Int
    }

    init(url: String) throws {
        self.pool = try (0..<Self.connections).map { _ in try PostgresConnection(url: url) }
        self.now = Int(Date().timeIntervalSince1970 * 1000)
    }

    /// Cleans batches until this many jobs are cleaned.
    ///
    /// - Returns: the number of jobs.
    func clean(atLeast jobs: Int) throws -> Int {
        var done = 0
        while done < jobs {
            let victims = try self.find()
            guard !victims.isEmpty else { break }
            try self.clean(victims)
            done += victims.count
        }
        return done
    }

    private func find() throws -> [Victim] {
        let sql = """
            SELECT id, user_id, cost FROM unstick.jobs
            WHERE status = 'PROCESSING' AND coalesce(processing_started_at, updated_at) <= :cutoff
            ORDER BY coalesce(processing_started_at, updated_at), id LIMIT :limit
            """
        let arguments: SQLArguments = ["cutoff": .integer(self.now - 300_000), "limit": .integer(Self.batch)]
        return try self.pool[0].send([SQLCall(sql, arguments)], limit: .seconds(60))[0].rows.map {
            Victim(id: $0.text("id") ?? "", user: $0.text("user_id") ?? "", cost: $0.integer("cost") ?? 0)
        }
    }

    /// A thread for each connection; a free one takes the next job.
    private func clean(_ victims: [Victim]) throws {
        let (group, line, now) = (DispatchGroup(), Line(victims: victims), self.now)
        for connection in self.pool {
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                line.work(on: connection, now: now)
            }
        }
        group.wait()
        if let error = line.failure.withLock({ $0 }) { throw error }
    }

    private final class Line: Sendable {
        private let victims: [Victim]
        private let next = Mutex(0)
        let failure = Mutex<(any Error)?>(nil)

        init(victims: [Victim]) { self.victims = victims }

        func work(on connection: PostgresConnection, now: Int) {
            while true {
                let index = self.next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard index < self.victims.count else { return }
                do { try SeedDesign.clean(self.victims[index], on: connection, now: now) } catch {
                    self.failure.withLock { $0 = error }
                    return
                }
            }
        }
    }

    /// Each statement is a round trip, as with a driver that does not send several at once.
    private static func clean(_ victim: Victim, on connection: PostgresConnection, now: Int) throws {
        @discardableResult
        func run(_ sql: String, _ arguments: SQLArguments = [:]) throws -> PostgresResult {
            try connection.send([SQLCall(sql, arguments)], limit: .seconds(60))[0]
        }
        try run("BEGIN")
        try run(Self.fail, ["id": .text(victim.id), "now": .integer(now)])
        try run("COMMIT")
        try run("BEGIN")
        let row = try run(
            "SELECT balance, sequence FROM unstick.balances WHERE user_id = :user",
            ["user": .text(victim.user)]
        )
        .first
        let arguments: SQLArguments = [
            "id": .text(victim.id), "user": .text(victim.user), "cost": .integer(victim.cost), "now": .integer(now),
            "balance": .integer((row?.integer("balance") ?? 0) + victim.cost),
            "sequence": .integer((row?.integer("sequence") ?? 0) + 1),
        ]
        do {
            try run(Self.credit, arguments)
            try run(Self.book, arguments)
            try run("COMMIT")
        } catch PostgresError.refused {
            try run("ROLLBACK")
        }
    }

    private static let fail = """
        UPDATE unstick.jobs SET status = 'FAILED', error_text = 'Job timed out', processing_completed_at = :now,
            updated_at = :now WHERE id = :id
        """
    private static let credit = """
        UPDATE unstick.balances SET balance = :balance, sequence = :sequence, updated_at = :now WHERE user_id = :user
        """
    private static let book = """
        INSERT INTO unstick.token_transactions
            (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
        VALUES (:user, :sequence, 'seed:' || CAST(:id AS text), :cost, 'REFUND', 'cleanup', :id, :balance, '{}', :now)
        """
}
