public import Unstick

extension SQLStore {
    /// The run, or `nil`.
    public func run(_ id: String) async throws -> Run? {
        try await self.query(RunStatements.find, ["id": .text(id)]) { try Run(row: $0) }.first
    }

    /// Runs, newest first.
    public func runs(_ filter: RunFilter, before: String?, limit: Int) async throws -> Window<Run, String> {
        let parameters = filter.arguments(before: before, limit: limit)
        let isFurther = before != nil
        let end =
            filter == RunFilter()
            ? nil : try await self.windowEnd(RunStatements.windowEnd(before: isFurther), parameters)
        let rows = try await self.query(
            RunStatements.list(filter, before: isFurther, end: end != nil),
            parameters.merging(["end": SQLValue(end)]) { $1 }
        ) { try Run(row: $0) }
        return Window(rows: rows, limit: limit, end: end)
    }

    /// The id of the last row of the window.
    func windowEnd(_ sql: String, _ parameters: SQLArguments) async throws -> String? {
        try await self.query(sql, parameters) { try $0.text(required: "id") }.first
    }

    /// The last run over all kinds that has ended.
    public func lastWholeRun() async throws -> Run? {
        try await self.query(RunStatements.lastWhole) { try Run(row: $0) }.first
    }

    /// The last run that succeeded.
    public func lastSuccess() async throws -> Run? {
        try await self.query(RunStatements.lastSuccess) { try Run(row: $0) }.first
    }

    /// Writes the run with these items; a run that ends also closes interrupted runs.
    public func record(_ run: Run, items: [RunItem]) async throws {
        let calls = items.map { self.insertion(of: $0, run.id) } + [SQLCall(RunStatements.record, run.arguments)]
        guard run.status != .running else { return try await self.engine.change(calls) { _ in } }
        let parameters = run.closingArguments
        // The row of this run comes last: two runs that end together would each wait for the other's.
        let closing =
            [
                SQLCall(RunStatements.interrupted(self.dialect), parameters),
                SQLCall(RunStatements.closeInterrupted, parameters),
            ] + calls
        let trace = TraceParent.current?.text
        try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let interrupted = try transaction.run(closing)[0].rows.map { try Run(row: $0).interrupted }
            let events = (interrupted + [run]).compactMap(\.event)
            _ = try transaction.finish(events.flatMap { Self.emission(of: NewEvent($0, id: $0.id), trace: trace) })
        }
    }

    private func insertion(of item: RunItem, _ run: String) -> SQLCall {
        var parameters = item.arguments(run: run)
        parameters["since"] = .integer(item.since.milliseconds * self.dialect.itemTicks)
        // A source that is not stored yet has no id.
        if item.source == nil, let origin = self.engine.keyParameters["origin"], origin != .text("") {
            parameters["origin"] = origin
        }
        return SQLCall(RunStatements.insertItem, parameters)
    }

    /// The totals of the runs that began since a time.
    public func totals(since: Timestamp) async throws -> RunTotals {
        let calls = Self.totals(RunStatements.totals, LedgerStatements.totalByCalls(self.dialect), since)
        return try await self.engine.read(calls) { try RunTotals(runs: $0[0].only(), calls: $0[1].only()) }
    }

    /// The totals of runs, by the hour.
    public func hourlyTotals(since: Timestamp) async throws -> [HourTotals] {
        let calls = Self.totals(RunStatements.hourlyTotals, LedgerStatements.hourlyByCalls(self.dialect), since)
        return try await self.engine.read(calls) { try [HourTotals](runs: $0[0].rows, calls: $0[1].rows) }
    }

    /// The items of a run, in its order.
    public func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] {
        try await self.storedItems(of: runID, after: position, limit: limit)
    }

    /// A run's items as they are stored.
    package func storedItems(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] {
        let dialect = self.dialect
        return try await self.query(RunStatements.items, Self.parameters(ofItems: runID, after: position, limit: limit))
        {
            RunItem(row: $0, dialect)
        }
    }

    package static func parameters(ofItems runID: String, after position: Int, limit: Int) -> SQLArguments {
        ["run": .text(runID), "position": .integer(position), "limit": .integer(limit)]
    }

    private static func totals(_ ofRuns: String, _ ofCalls: String, _ since: Timestamp) -> [SQLCall] {
        [
            SQLCall(ofRuns, ["first": .text(RandomID.first(at: since))]),
            SQLCall(ofCalls, ["since": .integer(since.milliseconds)]),
        ]
    }

    /// The items of a job in all runs, the newest first.
    ///
    /// No index leads from a job to its items, because it would slow down every run. A job's runs are within its life,
    /// so their items are searched, up to a limit.
    public func items(ofJob job: Job, limit: Int) async throws -> [JobItem] {
        let parameters: SQLArguments = [
            "first": .text(RandomID.first(at: job.createdAt)),
            "last": .text(RandomID.first(at: job.updatedAt + .milliseconds(1))), "limit": .integer(Self.runsOfJob),
        ]
        let runs = try await self.query(RunStatements.runsBetween, parameters) {
            (try $0.text(required: "id"), try $0.integer(required: "total_found"))
        }
        var found: [JobItem] = []
        var searched = 0
        let dialect = self.dialect
        for (id, items) in runs {
            searched += items
            guard found.count < limit, searched <= Self.itemsOfRuns else { break }
            found += try await self.query(RunStatements.itemOfJob, ["run": .text(id), "job": .text(job.id)]) {
                JobItem(runID: id, item: RunItem(row: $0, dialect))
            }
        }
        return found
    }

    /// How many runs are searched for a job.
    private static var runsOfJob: Int { 200 }
    /// How many of their items are searched.
    private static var itemsOfRuns: Int { 200_000 }
}
