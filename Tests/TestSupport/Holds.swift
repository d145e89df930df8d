package import Unstick

extension HoldStore where Self: Store {
    /// Approves the open holds, as an operator does.
    package func approveHolds() async throws {
        let admin = Administration(store: self, actor: Actor(name: "ada", channel: .cli))
        for hold in try await self.holds(.open, limit: 100) { _ = try await admin.approveHold(hold.id) }
    }
}
