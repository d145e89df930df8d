package import Unstick

extension ImportStore where Self: CleanupStore {
    /// Adds images that have been running for at least ten minutes, for the users in turn.
    package func addStuckJobs(_ ids: [String], users: Int = 1, cost: Int = 4) async throws {
        let now = try await self.now()
        let batch = try await self.beginImport()
        _ = try await batch.stage(
            ids.enumerated().map { index, id in
                Job(
                    id: id,
                    userID: users == 1 ? "ada" : "user-\(index % users)",
                    kind: "image",
                    tokensCost: cost,
                    status: .processing,
                    attempt: 1,
                    createdAt: now - .seconds(900),
                    processingStartedAt: now - .seconds(600),
                    updatedAt: now - .seconds(600)
                )
            }
        )
        _ = try await batch.commit { _, _ in }
    }
}
