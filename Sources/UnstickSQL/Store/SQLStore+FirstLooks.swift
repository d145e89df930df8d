public import Unstick

extension SQLStore {
    /// Whether a run must find these jobs twice.
    public func looksTwice(at ruleMatches: RuleMatches) -> Bool {
        let search = StuckSearch(map: self.engine.map, shape: StuckSearch.Shape(ruleMatches))
        return self.engine.map.isAttached && search.noteFirstLooks != nil
    }

    /// Records the jobs that are over a limit by the time of another program and were not found before.
    public func noteFirstLooks(asOf now: Timestamp, _ ruleMatches: RuleMatches) async throws {
        let search = StuckSearch(map: self.engine.map, shape: StuckSearch.Shape(ruleMatches))
        guard let statement = search.noteFirstLooks, try await self.engine.hasOwnTables else { return }
        // A new mapping gets its id with its first stored row.
        _ = try await self.engine.makeKeyParameters()
        let source: SQLArguments = ["source": self.engine.source]
        let parameters = self.range(now, ruleMatches, nil, Self.firstLooks).merging(source) { $1 }
        let calls = [FirstLookStatements.prune, statement].map { SQLCall($0, parameters) }
        try await self.engine.change(calls) { _ in }
    }

    /// How many jobs one run records.
    private static var firstLooks: Int { Limits.batchSize.upperBound }

    /// When the second look at the next job is due.
    public func nextSecondLook(after earlier: Timestamp) async throws -> Timestamp? {
        guard self.engine.map.isAttached, try await self.engine.hasOwnTables else { return nil }
        let parameters: SQLArguments = ["source": self.engine.source, "after": .integer(earlier.milliseconds)]
        return try await self.query(FirstLookStatements.nextDue, parameters) { try $0.timestamp(required: "due") }.first
    }
}
