import Unstick

/// A line of the ledger.
struct LedgerRow {
    var sequence: String
    var type: String
    var amount: String
    var direction: String
    var balance: String
    var source: String
    var job: Ref?
    var reason: String?
    var at: TimeView

    init(_ line: TokenTransaction, _ now: Timestamp, _ request: PageRequest) {
        self.sequence = line.sequence.grouped
        self.type = line.kind.rawValue.prefix(1) + line.kind.rawValue.dropFirst().lowercased()
        self.amount = line.amount.signed
        self.direction = line.amount < 0 ? "minus" : "plus"
        self.balance = line.balanceAfter.grouped
        self.source = line.source
        self.job = line.isOfJob ? line.sourceID.map { .job($0, request) } : nil
        self.reason = line.reason
        self.at = TimeView(line.createdAt, now: now)
    }
}

extension TokenTransaction {
    /// Whether it was booked for a job.
    var isOfJob: Bool { [.spend, .refund, .hold, .release].contains(self.kind) }

    /// Why it was booked, for people.
    var reason: String? { self.fact("reason") }

    /// The actor; `nil` where that was an app, a worker or a run.
    var actor: String? {
        self.fact("actor").map { Actor.description(name: $0, onBehalfOf: self.fact("onBehalfOf")) }
    }

    private func fact(_ name: String) -> String? {
        let metadata = try? StrictJSON.object(Array(self.metadata.utf8))
        guard case .text(let fact)? = metadata?[name.exact] else { return nil }
        return fact
    }
}

extension LedgerStore {
    /// The lines that were booked for a job, oldest first.
    func lines(of job: Job, limit: Int) async throws -> [TokenTransaction] {
        let charges = max(1, job.charge - limit / 2 + 1)...max(1, job.charge)
        let keys = charges.flatMap { charge in
            [LedgerKey.spend(job: job.id, charge: charge), LedgerKey.refund(job: job.id, charge: charge)]
        }
        return try await self.transactions(of: job.userID, keys: keys).sorted { $0.sequence < $1.sequence }
    }
}
