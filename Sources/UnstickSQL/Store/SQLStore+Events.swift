public import Unstick

extension SQLStore {
    /// Tells of something that changed nothing in the database.
    @discardableResult
    public func emit(_ event: NewEvent) async throws -> Bool {
        try await self.engine.change(Self.emission(of: event, trace: TraceParent.current?.text)) { $0[0].affected == 1 }
    }

    /// Writes an event, and puts it on its way to whoever wants to know of it.
    package static func emission(of event: NewEvent, trace: String?) -> [SQLCall] {
        let facts = event.arguments(at: nil, trace: trace)
        return [SQLCall(EventStatements.emit, facts), SQLCall(EventStatements.deliver, facts)]
    }
}
