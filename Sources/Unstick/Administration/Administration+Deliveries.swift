extension Administration {
    /// Sends deliveries again that are delivered or dead.
    ///
    /// - Returns: the number of deliveries.
    package func replay(_ selection: ReplaySelection) async throws -> Int {
        let detail = [
            selection.eventID.map { "event \($0)" }, selection.since.map { "since \($0)" }, selection.status.rawValue,
        ].compactMap { $0 }.joined(separator: ", ")
        return try await self.perform(
            .replayDeliveries,
            selection.endpointID ?? selection.eventID,
            detail: detail,
            outcome: \.replayed
        ) { try await self.store.replay(selection) }
    }
}

extension Int {
    /// Describes the outcome.
    fileprivate var replayed: String { self.of("delivery", "deliveries") + " will be sent again" }
}
