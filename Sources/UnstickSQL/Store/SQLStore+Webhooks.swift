public import Unstick

extension SQLStore {
    /// The endpoints, oldest first.
    public func webhooks() async throws -> [WebhookOverview] {
        guard try await self.engine.hasOwnTables else { return [] }
        return try await self.query(WebhookStatements.list) { try WebhookOverview(row: $0) }
    }

    /// The endpoint, or `nil`.
    public func webhook(_ id: String) async throws -> WebhookEndpoint? {
        try await self.query(WebhookStatements.find, ["id": .text(id)]) { try WebhookEndpoint(row: $0) }.first
    }

    /// Stores an endpoint.
    public func put(_ endpoint: WebhookEndpoint) async throws {
        let types = try endpoint.subscriptions()
        let id: SQLArguments = ["id": .text(endpoint.id)]
        var calls = [
            SQLCall(WebhookStatements.put, endpoint.arguments), SQLCall(WebhookStatements.unsubscribe, id),
        ]
        calls += types.map { SQLCall(WebhookStatements.subscribe, id.merging(["type": .text($0.rawValue)]) { $1 }) }
        if types.contains(.tokensRefundDue), self.dialect.asksForRefunds {
            calls.append(SQLCall(WebhookStatements.askAgain(self.dialect), id))
        }
        try await self.engine.change(calls) { _ in }
    }

    /// Removes an endpoint and its deliveries.
    public func removeWebhook(_ id: String) async throws -> Bool {
        let statements = [
            WebhookStatements.unsubscribe, WebhookStatements.removeDeliveries, WebhookStatements.remove,
        ]
        return try await self.engine.change(statements.map { SQLCall($0, ["id": .text(id)]) }) { $0[2].affected == 1 }
    }

    /// Deliveries, the newest event first.
    public func deliveries(
        _ filter: DeliveryFilter,
        after cursor: DeliveryCursor?,
        limit: Int
    ) async throws -> Window<WebhookDelivery, DeliveryCursor> {
        let end = filter.isWindowed ? try await self.end(of: filter, after: cursor) : nil
        let rows = try await self.query(
            WebhookStatements.deliveries(filter, end: end != nil),
            filter.arguments(after: cursor, end: end, limit: limit)
        ) { try WebhookDelivery(row: $0) }
        return Window(rows: rows, limit: limit, end: end)
    }

    private func end(of filter: DeliveryFilter, after cursor: DeliveryCursor?) async throws -> DeliveryCursor? {
        let parameters = filter.arguments(after: cursor, limit: 0)
        return try await self.query(WebhookStatements.deliveriesWindowEnd, parameters) { try DeliveryCursor(row: $0) }
            .first
    }

    /// Sends deliveries again that are delivered or dead.
    public func replay(_ selection: ReplaySelection) async throws -> Int {
        try selection.validate()
        return try await self.execute(WebhookStatements.replay(selection), selection.arguments)
    }

    /// The endpoints with due deliveries.
    public func dueWebhooks() async throws -> [WebhookEndpoint] {
        guard try await self.engine.hasOwnTables else { return [] }
        return try await self.query(WebhookStatements.due) { try WebhookEndpoint(row: $0) }
    }

    /// Claims the due deliveries to an endpoint.
    ///
    /// A claim whose answer is lost ends with its lease.
    public func claimDeliveries(to endpointID: String, limit: Int, lease: Duration) async throws -> DeliveryClaim {
        let (id, dialect) = (RandomID.uuid(), self.dialect)
        return try await self.engine.write(ifUnknown: .fail) { transaction in
            let settings = dialect.indexOnlyPlanner.map { [SQLCall($0)] } ?? []
            let parameters: SQLArguments = ["endpoint": .text(endpointID), "limit": .integer(limit)]
            let due = SQLCall(WebhookStatements.dueDeliveries(dialect), parameters)
            let answers = try transaction.run(settings + [.now, due]).dropFirst(settings.count)
            let claim = DeliveryClaim(
                id: id,
                endpointID: endpointID,
                deliveries: answers[settings.count + 1].rows.map { ClaimedDelivery(row: $0, dialect) }
                    .sorted { $0.eventID < $1.eventID },
                now: try answers[settings.count].only().timestamp(required: "now")
            )
            guard !claim.deliveries.isEmpty else { return claim }
            let taking = claim.arguments(of: claim.deliveries, named: "deliveries")
                .merging(["lease": .integer(lease.inMilliseconds)]) { $1 }
            _ = try transaction.finish([SQLCall(WebhookStatements.claim(dialect), taking)])
            return claim
        }
    }

    /// Writes the outcome of claimed deliveries.
    public func settle(
        _ claim: DeliveryClaim,
        _ attempts: [DeliveryAttempt],
        _ health: EndpointHealth
    ) async throws -> String? {
        let marks = health.arguments(of: claim.endpointID)
        let settling = self.settling(claim, attempts) + health.notes.map { SQLCall($0, marks) }
        guard let disable = health.disable else {
            if !settling.isEmpty { try await self.engine.change(settling) { _ in } }
            return nil
        }
        return try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let results = try transaction.run(
                settling + [
                    SQLCall(disable, marks), SQLCall(WebhookStatements.find, ["id": .text(claim.endpointID)]), .now,
                ]
            )
            guard results[settling.count].affected == 1, let row = results[settling.count + 1].first else { return nil }
            let endpoint = try WebhookEndpoint(row: row)
            let now = try results[settling.count + 2].only().timestamp(required: "now")
            let event = NewEvent(WebhookEvent(disabled: endpoint), id: RandomID.timeOrdered(at: now))
            _ = try transaction.run(
                [SQLCall(WebhookStatements.unsubscribeDisabled, marks)] + Self.emission(of: event, trace: nil)
            )
            return endpoint.disabled?.reason
        }
    }

    private func settling(_ claim: DeliveryClaim, _ attempts: [DeliveryAttempt]) -> [SQLCall] {
        let parameters = claim.arguments(attempts)
        func calls(_ sql: String) -> [SQLCall] { parameters.map { SQLCall(sql, $0) } }
        var settling = self.dialect.indexOnlyPlanner.map { [SQLCall($0)] } ?? []
        settling += calls(WebhookStatements.settle(self.dialect))
        if attempts.contains(where: { $0.status == .pending }) {
            settling += calls(WebhookStatements.postpone(self.dialect))
        }
        if self.dialect.asksForRefunds,
            attempts.contains(where: { $0.delivery.type == EventType.tokensRefundDue.rawValue })
        {
            settling += calls(WebhookStatements.confirmRefunds(self.dialect))
        }
        if let untried = claim.untried(attempts) {
            settling.append(SQLCall(WebhookStatements.release(self.dialect), untried))
        }
        return settling
    }

    /// Deletes ended deliveries, and events without open deliveries.
    public func forgetDeliveries(before time: Timestamp, limit: Int) async throws -> Int {
        guard try await self.engine.hasOwnTables else { return 0 }
        let parameters: SQLArguments = ["first": .text(RandomID.first(at: time)), "limit": .integer(limit)]
        let statements = [
            WebhookStatements.forgetDeliveries(self.dialect), WebhookStatements.forgetEvents(self.dialect),
        ]
        return try await self.engine.change(statements.map { SQLCall($0, parameters) }) {
            $0[0].affected + $0[1].affected
        }
    }
}
