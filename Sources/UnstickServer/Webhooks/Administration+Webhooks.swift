package import Unstick

extension Administration {
    /// Creates a webhook; its URL is not in the audit log, because some contain a secret.
    ///
    /// - Returns: the webhook; its secret is shown only now.
    /// - Throws: what ``Webhooks/add(url:events:note:)`` throws.
    package func addWebhook(
        url: String,
        events: [String],
        note: String?,
        with webhooks: Webhooks
    ) async throws -> WebhookEndpoint {
        try await self.perform(.addWebhook, outcome: \.made) {
            try await webhooks.add(url: url, events: events, note: note)
        }
    }

    /// Changes, enables or disables a webhook.
    ///
    /// - Throws: what ``Webhooks/change(_:_:)`` throws.
    package func changeWebhook(_ id: String, _ change: Webhooks.Change, with webhooks: Webhooks) async throws {
        _ = try await self.perform(.changeWebhook, on: id, outcome: \.outcome) {
            _ = try await webhooks.change(id, change)
            return change
        }
    }

    /// Gives a webhook a new secret.
    ///
    /// - Throws: what ``Webhooks/rotate(_:overlap:force:)`` throws.
    package func rotateWebhook(
        _ id: String,
        overlap: Duration,
        force: Bool,
        with webhooks: Webhooks
    ) async throws -> WebhookEndpoint {
        try await self.perform(.rotateWebhook, on: id) {
            try await webhooks.rotate(id, overlap: overlap, force: force)
        }
    }

    /// Removes a webhook and its pending deliveries.
    ///
    /// - Throws: what ``Webhooks/remove(_:)`` throws.
    package func removeWebhook(_ id: String, with webhooks: Webhooks) async throws {
        try await self.perform(.removeWebhook, on: id) { try await webhooks.remove(id) }
    }

    /// Sends a webhook a test event.
    ///
    /// - Throws: what ``Webhooks/test(_:)`` throws.
    package func testWebhook(_ id: String, with webhooks: Webhooks) async throws -> Webhooks.TestResult {
        try await self.perform(.testWebhook, on: id) { try await webhooks.test(id) }
    }

    /// Runs an action on a webhook; an unknown webhook leaves no audit entry.
    private func perform<Value>(
        _ action: AuditAction,
        on id: String,
        outcome: (Value) -> String = { _ in AuditEntry.done },
        _ body: () async throws -> Value
    ) async throws -> Value {
        guard try await self.store.webhook(id) != nil else { return try await body() }
        return try await self.perform(action, id, outcome: outcome, body)
    }
}

extension WebhookEndpoint {
    /// Describes the new webhook.
    fileprivate var made: String { "made \(self.id) for \(self.events.joined(separator: ", "))" }
}

extension Webhooks.Change {
    /// Describes the outcome.
    fileprivate var outcome: String { "\(AuditEntry.done): \(self.description)" }

    /// Describes the change; without the URL, because some contain a secret.
    private var description: String {
        [
            self.isEnabled.map { $0 ? "enabled" : "disabled" }, self.url.map { _ in "another URL" },
            self.events.map { "events \($0.joined(separator: ", "))" }, self.note.map { _ in "another description" },
        ].compactMap { $0 }.joined(separator: "; ")
    }
}
