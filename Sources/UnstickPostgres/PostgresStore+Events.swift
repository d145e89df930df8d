public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Tells of something that changed nothing in the database.
    @discardableResult
    public func emit(_ event: NewEvent) async throws -> Bool {
        try await self.once(Self.emission(of: event, trace: TraceParent.current?.text)) { $0[0].affected == 1 }
    }

    /// Writes an event, and puts it on its way to whoever wants to know of it.
    static func emission(of event: NewEvent, trace: String?) -> [PostgresCall] {
        let facts = event.arguments(at: nil, trace: trace)
        return [PostgresCall(EventStatements.emit, facts), PostgresCall(EventStatements.deliver, facts)]
    }
}
