import Logging
import Metrics

/// Checks the whole ledger once a day, on one of the servers.
struct LedgerCheck {
    let store: any Store
    let logger: Logger

    private static let schedule = "reconcile"
    private static let every = Duration.seconds(86_400)
    /// The lease of a check.
    ///
    /// If the server that has it stops, that day has no check.
    private static let lease = Duration.seconds(3600)
    /// The most mismatches of each kind that are logged.
    private static let mostLogged = 20

    private struct Found: Event {
        let type = EventType.ledgerMismatch
        let mismatch: Reconciliation.Mismatch
        var userID: String? { self.mismatch.userID }

        private enum CodingKeys: String, CodingKey {
            case check, userId, subject, expected, actual, explanation
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(self.mismatch.check.rawValue, forKey: .check)
            try container.encode(self.mismatch.check.explanation, forKey: .explanation)
            try container.encode(self.mismatch.userID, forKey: .userId)
            try container.encode(self.mismatch.subject, forKey: .subject)
            try container.encode(self.mismatch.expected, forKey: .expected)
            try container.encode(self.mismatch.actual, forKey: .actual)
        }
    }

    /// The number of mismatches; `nil` where another server makes the check of this day.
    func mismatches(at now: Timestamp) async throws -> Int? {
        let day = Self.every.inMilliseconds
        let due = Timestamp(milliseconds: now.milliseconds - now.milliseconds % day)
        if let last = try await self.store.lastTick(of: Self.schedule), last >= due { return nil }
        let holder = RandomID.uuid()
        guard case .claimed = try await self.store.claim(Self.schedule, due: due, holder: holder, lease: Self.lease)
        else { return nil }
        let found = try await self.store.reconcile(limit: Self.mostLogged)
        for (index, mismatch) in found.mismatches.enumerated() {
            let id = "\(RandomID.first(at: due))-ledger-\(index + 1)"
            try await self.store.emit(NewEvent(Found(mismatch: mismatch), id: id))
        }
        Counter(label: "unstick_ledger_mismatches_found_total").increment(by: found.mismatchCount)
        if found.mismatchCount > 0 {
            self.logger.critical(
                "The ledger has mismatches; 'unstick reconcile' lists them",
                metadata: ["mismatches": .stringConvertible(found.mismatchCount)]
            )
        }
        try await self.store.release(Self.schedule, holder: holder)
        return found.mismatchCount
    }
}
