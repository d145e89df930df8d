import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// The run, or `nil`.
    public func run(_ id: String) async throws -> Run? {
        try await self.read { db in
            try Row.fetchOne(db.cachedStatement(sql: RunStatements.find), arguments: ["id": id]).map {
                try Run(row: $0)
            }
        }
    }

    /// Runs, newest first.
    public func runs(_ filter: RunFilter, before: String?, limit: Int) async throws -> Window<Run, String> {
        let facts = StatementArguments(filter.arguments(before: before, limit: limit))
        let isWindowed = filter != RunFilter()
        return try await self.read { db in
            let window = RunStatements.windowEnd(before: before != nil)
            let end: String? = isWindowed ? try Self.first(window, facts, in: db) { $0["id"] } : nil
            let sql = RunStatements.list(filter, before: before != nil, end: end != nil)
            let rows = try Self.all(sql, facts + ["end": end], in: db) { try Run(row: $0) }
            return Window(rows: rows, limit: limit, end: end)
        }
    }

    /// The last run over all kinds that has ended.
    public func lastWholeRun() async throws -> Run? {
        try await self.read { db in
            try Self.first(RunStatements.lastWhole, [:], in: db) { try Run(row: $0) }
        }
    }

    /// The last run that went through.
    public func lastSuccess() async throws -> Run? {
        try await self.read { db in
            try Row.fetchOne(db.cachedStatement(sql: RunStatements.lastSuccess)).map { try Run(row: $0) }
        }
    }

    /// What passes that began since a moment did together.
    public func totals(since: Timestamp) async throws -> PassTotals {
        let facts = self.today(since)
        return try await self.read { db in
            let runs = try Row.fetchOne(db.cachedStatement(sql: RunStatements.totals), arguments: facts)
            let calls = try Row.fetchOne(
                db.cachedStatement(sql: LedgerStatements.totalByCalls(.sqlite)),
                arguments: ["since": since.milliseconds]
            )
            guard let runs, let calls else { return PassTotals(cleanedUp: 0, tokensRefunded: 0) }
            return try PassTotals(runs: runs, calls: calls)
        }
    }

    /// What passes did together, by the hour.
    public func hourlyTotals(since: Timestamp) async throws -> [HourTotals] {
        let facts = self.today(since)
        return try await self.read { db in
            try [HourTotals](
                runs: Self.all(RunStatements.hourlyTotals, facts, in: db) { $0 },
                calls: Self.all(LedgerStatements.hourlyByCalls(.sqlite), ["since": since.milliseconds], in: db) { $0 }
            )
        }
    }

    /// The time from a moment until now, for what is added up over it.
    private func today(_ since: Timestamp) -> StatementArguments {
        ["first": RandomID.first(at: since), "now": self.clock().milliseconds]
    }

    /// What passes did with a job, the newest first.
    ///
    /// No index leads from a job to its items: that would cost every pass more than it is worth. A job's passes lie within its
    /// life, so their items are looked through, up to a number of them.
    public func items(ofJob job: Job, limit: Int) async throws -> [JobItem] {
        let facts: StatementArguments = [
            "first": RandomID.first(at: job.createdAt), "last": RandomID.first(at: job.updatedAt + .milliseconds(1)),
            "limit": Self.passesOfJob,
        ]
        return try await self.read { db in
            var found: [JobItem] = []
            var looked = 0
            for (id, items) in try Self.all(
                RunStatements.passesBetween,
                facts,
                in: db,
                { ($0["id"], $0["total_found"]) }
            )
                as [(String, Int)]
            {
                looked += items
                guard found.count < limit, looked <= Self.itemsOfPasses else { break }
                found += try Self.items(RunStatements.itemOfJob, ["run": id, "job": job.id], in: db)
                    .map { JobItem(runID: id, item: $0) }
            }
            return found
        }
    }

    /// How many passes are looked through for a job.
    private static let passesOfJob = 200
    /// How many items of them.
    private static let itemsOfPasses = 200_000

    /// What a run did with each job, in its order.
    public func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] {
        try await self.read { db in
            try Self.items(
                RunStatements.items,
                ["run": runID, "position": position, "limit": limit],
                in: db
            )
        }
    }
}
