public import Unstick
import UnstickSQL

extension PostgresStore {
    /// The run, or `nil`.
    public func run(_ id: String) async throws -> Run? {
        try await self.query(RunStatements.find, ["id": .text(id)]) { try Run(row: $0) }.first
    }

    /// Runs, newest first.
    public func runs(_ filter: RunFilter, before: String?, limit: Int) async throws -> Window<Run, String> {
        let facts = filter.arguments(before: before, limit: limit)
        let isFurther = before != nil
        let end =
            filter == RunFilter()
            ? nil : try await self.windowEnd(RunStatements.windowEnd(before: isFurther), facts)
        let rows = try await self.query(
            RunStatements.list(filter, before: isFurther, end: end != nil),
            facts.merging(["end": SQLValue(end)]) { $1 }
        ) { try Run(row: $0) }
        return Window(rows: rows, limit: limit, end: end)
    }

    /// The id of the last row that is looked at.
    func windowEnd(_ sql: String, _ facts: SQLArguments) async throws -> String? {
        try await self.query(sql, facts) { try $0.text(required: "id") }.first
    }

    /// The last run over all kinds that has ended.
    public func lastWholeRun() async throws -> Run? {
        try await self.query(RunStatements.lastWhole, [:]) { try Run(row: $0) }.first
    }

    /// The last run that went through.
    public func lastSuccess() async throws -> Run? {
        try await self.query(RunStatements.lastSuccess, [:]) { try Run(row: $0) }.first
    }

    /// What passes that began since a moment did together.
    public func totals(since: Timestamp) async throws -> PassTotals {
        try await self.once(Self.totals(RunStatements.totals, LedgerStatements.totalByCalls(.postgres), since)) {
            results in
            try PassTotals(runs: results[0].only(), calls: results[1].only())
        }
    }

    /// What passes did together, by the hour.
    public func hourlyTotals(since: Timestamp) async throws -> [HourTotals] {
        let calls = Self.totals(RunStatements.hourlyTotals, LedgerStatements.hourlyByCalls(.postgres), since)
        return try await self.once(calls) { results in
            try [HourTotals](runs: results[0].rows.map { $0 }, calls: results[1].rows.map { $0 })
        }
    }

    private static func totals(_ ofRuns: String, _ ofCalls: String, _ since: Timestamp) -> [PostgresCall] {
        [
            PostgresCall(ofRuns, ["first": .text(RandomID.first(at: since))]),
            PostgresCall(ofCalls, ["since": .integer(since.milliseconds)]),
        ]
    }

    /// What passes did with a job, the newest first.
    public func items(ofJob job: Job, limit: Int) async throws -> [JobItem] {
        let facts: SQLArguments = ["user": .text(job.userID), "job": .text(job.id), "limit": .integer(limit)]
        return try await self.query(RunStatements.itemsOfJob, facts) { row in
            JobItem(runID: try row.text(required: "run_id"), item: RunItem(row: row))
        }
    }

    /// What a run did with each job, in its order.
    public func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] {
        let facts: SQLArguments = ["run": .text(runID), "position": .integer(position), "limit": .integer(limit)]
        guard case .webhook = self.map.compensation else {
            return try await self.query(RunStatements.items, facts) { RunItem(row: $0) }
        }
        return try await self.query(RunStatements.itemsWithRequests, facts) { row in
            var item = RunItem(row: row)
            item.refundRequest = row.text("request").flatMap { RefundRequest(rawValue: $0) }
            return item
        }
    }
}
