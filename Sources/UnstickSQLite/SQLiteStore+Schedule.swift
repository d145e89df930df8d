import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// When the last tick was due that some node took.
    public func lastTick(of schedule: String) async throws -> Timestamp? {
        try await self.read { try Self.schedule(schedule, in: $0)?.lastDue }
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
            let last = try Self.schedule(schedule, in: db)?.lastDue
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

    private static func schedule(_ name: String, in db: Database) throws -> (lastDue: Timestamp?, holder: String?)? {
        try Row.fetchOne(db.cachedStatement(sql: ScheduleStatements.find), arguments: ["name": name]).map { row in
            let lastDue: Int? = row["last_due"]
            return (lastDue.map { Timestamp(milliseconds: $0) }, row["holder"])
        }
    }
}
