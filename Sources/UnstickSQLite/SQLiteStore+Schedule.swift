import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// What is known of a schedule.
    public func state(of schedule: String) async throws -> ScheduleState? {
        let now = self.clock()
        return try await self.read { try Self.state(of: schedule, at: now, in: $0) }
    }

    /// Remembers that a scheduler is there, and when it runs next.
    public func announce(_ schedule: String, next: Timestamp?) async throws {
        let facts: StatementArguments = [
            "name": schedule, "now": self.clock().milliseconds, "next": next?.milliseconds,
        ]
        _ = try await self.write { try Self.run(ScheduleStatements.announce, facts, in: $0) }
    }

    /// Takes the lease, and with it the tick that is due.
    public func claim(
        _ schedule: String,
        due: Timestamp?,
        holder: String,
        lease: Duration
    ) async throws -> TickClaim {
        let now = self.clock()
        return try await self.write { db in
            try Self.run(ScheduleStatements.ensure, ["name": schedule], in: db)
            let claimed = try Self.run(
                ScheduleStatements.claim,
                [
                    "name": schedule, "holder": holder, "now": now.milliseconds, "due": due?.milliseconds,
                    "lease": lease.inMilliseconds,
                ],
                in: db
            )
            if claimed == 1 { return .claimed }
            let last = try Self.state(of: schedule, at: now, in: db)?.lastDue
            return if let due, let last, due <= last { .alreadyTaken } else { .busy }
        }
    }

    /// Holds the lease for a further time.
    public func renew(_ schedule: String, holder: String, lease: Duration) async throws -> Bool {
        let now = self.clock()
        return try await self.write { db in
            try Self.run(
                ScheduleStatements.renew,
                [
                    "name": schedule, "holder": holder, "now": now.milliseconds,
                    "lease": lease.inMilliseconds,
                ],
                in: db
            ) == 1
        }
    }

    /// Gives the lease back.
    public func release(_ schedule: String, holder: String) async throws {
        _ = try await self.write { db in
            try Self.run(ScheduleStatements.release, ["name": schedule, "holder": holder], in: db)
        }
    }

    private static func state(of name: String, at now: Timestamp, in db: Database) throws -> ScheduleState? {
        try Self.first(ScheduleStatements.find, ["name": name, "now": now.milliseconds], in: db) {
            ScheduleState(row: $0)
        }
    }
}
