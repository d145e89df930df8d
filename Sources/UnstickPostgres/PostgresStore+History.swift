public import Unstick
import UnstickSQL

extension PostgresStore {
    /// The run, or `nil`.
    public func run(_ id: String) async throws -> Run? {
        try await self.query(RunStatements.find, ["id": .text(id)]) { try Run(row: $0) }.first
    }

    /// Runs, newest first.
    public func runs(before: String?, limit: Int) async throws -> [Run] {
        // Run ids are hexadecimal: all of them sort before a "g".
        try await self.query(RunStatements.list, ["before": .text(before ?? "g"), "limit": .integer(limit)]) {
            try Run(row: $0)
        }
    }

    /// The last pass that went through.
    public func lastSuccess() async throws -> Run? {
        try await self.query(RunStatements.lastSuccess, [:]) { try Run(row: $0) }.first
    }

    /// What passes that began since a moment did together.
    public func totals(since: Timestamp) async throws -> PassTotals {
        let first: SQLArguments = ["first": .text(RandomID.first(at: since))]
        return try await self.query(RunStatements.totals, first) { try PassTotals(row: $0) }[0]
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
