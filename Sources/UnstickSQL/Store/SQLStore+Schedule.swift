public import Unstick

extension SQLStore {
    /// The state of a schedule.
    public func state(of schedule: String) async throws -> ScheduleState? {
        try await self.query(ScheduleStatements.find, ["name": .text(schedule)]) { ScheduleState(row: $0) }.first
    }

    /// Stores that a scheduler is active, and its next run.
    public func announce(_ schedule: String, next: Timestamp?) async throws {
        try await self.execute(
            ScheduleStatements.announce,
            ["name": .text(schedule), "next": SQLValue(next?.milliseconds)]
        )
    }

    /// Takes the lease, and with it the due tick.
    public func claim(
        _ schedule: String,
        due: Timestamp?,
        holder: String,
        lease: Duration
    ) async throws -> TickClaim {
        let parameters = Self.parameters(schedule, holder, lease).merging(["due": SQLValue(due?.milliseconds)]) { $1 }
        let calls = [ScheduleStatements.ensure, ScheduleStatements.claim, ScheduleStatements.find]
        return try await self.engine.change(calls.map { SQLCall($0, parameters) }) { results in
            if results[1].affected == 1 { return .claimed }
            let last = results[2].first?.timestamp("last_due")
            return if let due, let last, due <= last { .alreadyTaken } else { .busy }
        }
    }

    /// Extends the lease.
    public func renew(_ schedule: String, holder: String, lease: Duration) async throws -> Bool {
        try await self.execute(ScheduleStatements.renew, Self.parameters(schedule, holder, lease)) == 1
    }

    /// Releases the lease.
    public func release(_ schedule: String, holder: String) async throws {
        try await self.execute(ScheduleStatements.release, Self.parameters(schedule, holder, .zero))
    }

    private static func parameters(_ schedule: String, _ holder: String, _ lease: Duration) -> SQLArguments {
        ["name": .text(schedule), "holder": .text(holder), "lease": .integer(lease.inMilliseconds)]
    }
}
