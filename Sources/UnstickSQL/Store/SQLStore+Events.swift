public import Unstick

extension SQLStore {
    /// Writes an event for a change outside the database.
    @discardableResult
    public func emit(_ event: NewEvent) async throws -> Bool {
        try await self.engine.change(Self.emission(of: event, trace: TraceParent.current?.text)) { $0[0].affected == 1 }
    }

    /// The calls that write an event and its webhook deliveries.
    package static func emission(of event: NewEvent, trace: String?) -> [SQLCall] {
        let parameters = event.arguments(at: nil, trace: trace)
        return [SQLCall(EventStatements.emit, parameters), SQLCall(EventStatements.deliver, parameters)]
    }
}
