public import Unstick
import UnstickSQL

extension PostgresStore {
    /// The items of a job in all runs, the newest first.
    public func items(ofJob job: Job, limit: Int) async throws -> [JobItem] {
        let parameters: SQLArguments = ["user": .text(job.userID), "job": .text(job.id), "limit": .integer(limit)]
        return try await self.query(RunStatements.itemsOfJob, parameters) { row in
            JobItem(runID: try row.text(required: "run_id"), item: RunItem(row: row, .postgres))
        }
    }

    /// The items of a run, in its order, with the progress of refunds by a team's own billing.
    public func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] {
        guard case .webhook = self.map.compensation else {
            return try await self.storedItems(of: runID, after: position, limit: limit)
        }
        let parameters = Self.parameters(ofItems: runID, after: position, limit: limit)
        return try await self.query(RunStatements.itemsWithRequests, parameters) { row in
            var item = RunItem(row: row, .postgres)
            item.refundRequest = row.text("request").flatMap { RefundRequest(rawValue: $0) }
            return item
        }
    }
}
