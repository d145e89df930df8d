import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// The endpoints, oldest first.
    public func webhooks() async throws -> [WebhookOverview] {
        try await self.read { db in
            try Row.fetchAll(db.cachedStatement(sql: WebhookStatements.list)).map { try WebhookOverview(row: $0) }
        }
    }

    /// The endpoint, or `nil`.
    public func webhook(_ id: String) async throws -> WebhookEndpoint? {
        try await self.read { try Self.webhook(id, in: $0) }
    }

    private static func webhook(_ id: String, in db: Database) throws -> WebhookEndpoint? {
        try Row.fetchOne(db.cachedStatement(sql: WebhookStatements.find), arguments: ["id": id])
            .map { try WebhookEndpoint(row: $0) }
    }

    /// Keeps an endpoint.
    public func put(_ endpoint: WebhookEndpoint) async throws {
        let types = try endpoint.subscriptions()
        try await self.write { db in
            try Self.run(WebhookStatements.put, StatementArguments(endpoint.arguments), in: db)
            try Self.run(WebhookStatements.unsubscribe, ["id": endpoint.id], in: db)
            for type in types {
                try Self.run(WebhookStatements.subscribe, ["type": type.rawValue, "id": endpoint.id], in: db)
            }
        }
    }

    /// Forgets an endpoint, with what is on its way to it.
    public func removeWebhook(_ id: String) async throws -> Bool {
        try await self.write { db in
            try Self.run(WebhookStatements.unsubscribe, ["id": id], in: db)
            try Self.run(WebhookStatements.removeDeliveries, ["id": id], in: db)
            return try Self.run(WebhookStatements.remove, ["id": id], in: db) == 1
        }
    }

    /// Deliveries, the newest event first.
    public func deliveries(
        _ filter: DeliveryFilter,
        after cursor: DeliveryCursor?,
        limit: Int
    ) async throws -> Window<WebhookDelivery, DeliveryCursor> {
        try await self.read { db in
            let end = filter.isWindowed ? try Self.end(of: filter, after: cursor, in: db) : nil
            let facts = StatementArguments(filter.arguments(after: cursor, end: end, limit: limit))
            let rows = try Self.all(WebhookStatements.deliveries(filter, end: end != nil), facts, in: db) {
                try WebhookDelivery(row: $0)
            }
            return Window(rows: rows, limit: limit, end: end)
        }
    }

    private static func end(
        of filter: DeliveryFilter,
        after cursor: DeliveryCursor?,
        in db: Database
    ) throws -> DeliveryCursor? {
        let facts = StatementArguments(filter.arguments(after: cursor, limit: 0))
        return try Self.first(WebhookStatements.deliveriesWindowEnd, facts, in: db) { try DeliveryCursor(row: $0) }
    }

    /// Sends deliveries again that have ended.
    public func replay(_ selection: ReplaySelection) async throws -> Int {
        try selection.validate()
        let now = self.clock()
        return try await self.write { db in
            let facts = StatementArguments(selection.arguments) + ["now": now.milliseconds]
            return try Self.run(WebhookStatements.replay(selection), facts, in: db)
        }
    }

    /// The endpoints that are to be called now.
    public func dueWebhooks() async throws -> [WebhookEndpoint] {
        let now = self.clock()
        return try await self.read { db in
            try Row.fetchAll(db.cachedStatement(sql: WebhookStatements.due), arguments: ["now": now.milliseconds])
                .map { try WebhookEndpoint(row: $0) }
        }
    }

    /// Takes the deliveries to an endpoint that are due.
    public func claimDeliveries(to endpointID: String, limit: Int, lease: Duration) async throws -> DeliveryClaim {
        let (id, now) = (RandomID.uuid(), self.clock())
        return try await self.write { db in
            let due = try db.cachedStatement(sql: WebhookStatements.dueToEndpoint)
            due.setUncheckedArguments(["endpoint": endpointID, "now": now.milliseconds, "limit": limit])
            var deliveries: [ClaimedDelivery] = []
            let rows = try Row.fetchCursor(due)
            while let row = try rows.next() { deliveries.append(ClaimedDelivery(row: row)) }
            // Their ids are made here, of letters that need no quoting.
            let events = deliveries.map { "\"\($0.eventID)\"" }.joined(separator: ",")
            let facts: StatementArguments = [
                "claim": id, "events": "[\(events)]", "endpoint": endpointID, "now": now.milliseconds,
                "lease": lease.inMilliseconds,
            ]
            if !deliveries.isEmpty { try Self.run(WebhookStatements.claimThese, facts, in: db) }
            return DeliveryClaim(id: id, endpointID: endpointID, deliveries: deliveries, now: now)
        }
    }

    /// Writes what became of deliveries that were claimed.
    public func settle(
        _ claim: DeliveryClaim,
        _ attempts: [DeliveryAttempt],
        _ verdict: EndpointVerdict
    ) async throws -> String? {
        let now = self.clock()
        return try await self.write { db in
            let facts = StatementArguments(claim.arguments(attempts)) + ["now": now.milliseconds]
            if !attempts.isEmpty { try Self.run(WebhookStatements.settle(.sqlite), facts, in: db) }
            if attempts.contains(where: { $0.status == .pending }) {
                try Self.run(WebhookStatements.postpone(.sqlite), facts, in: db)
            }
            if let untried = claim.untried(attempts) {
                let facts = StatementArguments(untried) + ["now": now.milliseconds]
                try Self.run(WebhookStatements.release(.sqlite), facts, in: db)
            }
            return try Self.mark(claim.endpointID, verdict, at: now, in: db)
        }
    }

    /// Notes how the endpoint is.
    ///
    /// - Returns: why it is not called any more, if this was the call that disabled it.
    private static func mark(
        _ endpointID: String,
        _ verdict: EndpointVerdict,
        at now: Timestamp,
        in db: Database
    ) throws -> String? {
        let facts = StatementArguments(verdict.arguments(of: endpointID)) + ["now": now.milliseconds]
        for statement in verdict.notes { try Self.run(statement, facts, in: db) }
        guard let disable = verdict.disable, try Self.run(disable, facts, in: db) == 1,
            let endpoint = try Self.webhook(endpointID, in: db)
        else { return nil }
        try Self.run(WebhookStatements.unsubscribeDisabled, facts, in: db)
        let event = NewEvent(WebhookEvent(disabled: endpoint), id: RandomID.timeOrdered(at: now))
        try Self.emit(event, at: now, trace: nil, in: db)
        return endpoint.disabled?.reason
    }

    /// Forgets deliveries that have ended and events that nobody waits for.
    public func forgetDeliveries(before moment: Timestamp, limit: Int) async throws -> Int {
        try await self.write { db in
            let facts: StatementArguments = ["first": RandomID.first(at: moment), "limit": limit]
            return try Self.run(WebhookStatements.forgetDeliveries, facts, in: db)
                + Self.run(WebhookStatements.forgetEvents, facts, in: db)
        }
    }
}
