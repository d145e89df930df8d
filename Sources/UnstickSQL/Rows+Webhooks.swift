package import Unstick

// Converts rows of webhooks to values, and values to arguments.

extension WebhookEndpoint {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            url: try row.text(required: "url"),
            events: try row.text(required: "events").split(separator: " ").map(String.init),
            note: row.text("note"),
            source: try row.word("source"),
            secrets: SigningSecrets(
                current: try row.text(required: "secret"),
                previous: row.text("previous_secret"),
                previousUntil: row.timestamp("previous_until")
            ),
            createdAt: try row.timestamp(required: "created_at"),
            disabled: row.timestamp("disabled_at").map {
                Disabled(at: $0, reason: row.text("disabled_reason") ?? "")
            },
            failingSince: row.timestamp("failing_since")
        )
    }

    /// The values of ``WebhookStatements/put``.
    package var arguments: SQLArguments {
        [
            "id": .text(self.id), "url": .text(self.url), "events": .text(self.events.joined(separator: " ")),
            "note": SQLValue(self.note), "source": .text(self.source.rawValue), "secret": .text(self.secrets.current),
            "previousSecret": SQLValue(self.secrets.previous),
            "previousUntil": SQLValue(self.secrets.previousUntil?.milliseconds),
            "createdAt": .integer(self.createdAt.milliseconds), "disabledAt": SQLValue(self.disabled?.at.milliseconds),
            "disabledReason": SQLValue(self.disabled?.reason),
            "failingSince": SQLValue(self.failingSince?.milliseconds),
        ]
    }
}

extension WebhookOverview {
    package init(row: some StoredRow) throws {
        self.init(
            endpoint: try WebhookEndpoint(row: row),
            waiting: try row.integer(required: "waiting"),
            oldestWaiting: row.timestamp("oldest_waiting"),
            dead: try row.integer(required: "dead")
        )
    }
}

extension WebhookDelivery {
    package init(row: some StoredRow) throws {
        let (event, type) = (try row.text(required: "event_id"), try row.text(required: "type"))
        let subject = try row.text(required: "subject")
        let isAboutJob = subject != event && ["job.", "tokens."].contains { type.hasPrefix($0) }
        let status = try row.word("status", as: Status.self)
        let nextAt = row.timestamp("next_at")
        self.init(
            eventID: event,
            endpointID: try row.text(required: "endpoint_id"),
            type: type,
            userID: row.text("user_id").flatMap { $0.isEmpty ? nil : $0 },
            jobID: isAboutJob ? subject : nil,
            createdAt: try row.timestamp(required: "created_at"),
            status: status,
            attempts: try row.integer(required: "attempts"),
            nextAt: status == .pending ? nextAt : nil,
            lastStatus: row.integer("last_status"),
            lastError: row.text("last_error"),
            lastDuration: row.integer("last_ms").map { .milliseconds($0) },
            endedAt: row.timestamp("ended_at")
        )
    }
}

extension ClaimedDelivery {
    /// The columns of a claimed delivery, after those of its run item.
    package enum Column: Int {
        case transactionID = 18
        case owner, eventID, type, subject, runID, createdAt, attempts, traceParent, payload
    }

    /// Makes a claimed delivery from a row's columns; read by their order, because a sender does this for every event.
    ///
    /// - Parameters:
    ///   - item: the run item at the start of the row; called only where there is one.
    ///   - text: a column's text.
    ///   - integer: a column's number.
    package init(item: () -> RunItem, text: (Column) -> String?, integer: (Column) -> Int?) {
        let type = text(.type) ?? ""
        let transactionID = text(.transactionID)
        var payload = text(.payload) ?? "{}"
        if let run = text(.runID) {
            let event = ItemEvent(item(), of: run)
            payload =
                type.hasPrefix("tokens.") ? event.tokensPayload(transactionID: transactionID ?? "") : event.payload
        }
        self.init(
            eventID: text(.eventID) ?? "",
            type: type,
            userID: text(.owner) ?? "",
            subject: text(.subject) ?? "",
            createdAt: Timestamp(milliseconds: integer(.createdAt) ?? 0),
            attempts: integer(.attempts) ?? 0,
            payload: payload,
            transactionID: transactionID,
            traceParent: text(.traceParent)
        )
    }
}

extension DeliveryClaim {
    /// The values of ``WebhookStatements/settle(_:)``, for as many statements as the attempts need.
    package func arguments(_ attempts: [DeliveryAttempt]) -> [SQLArguments] {
        RowList.short(attempts.map(\.json)).map { list in
            ["endpoint": .text(self.endpointID), "claim": .text(self.id), "attempts": .text(list)]
        }
    }

    /// The values of ``WebhookStatements/release(_:)``; `nil` where everything was tried.
    package func untried(_ attempts: [DeliveryAttempt]) -> SQLArguments? {
        let tried = Set(attempts.map(\.delivery.eventID))
        let left = self.deliveries.filter { !tried.contains($0.eventID) }
        guard !left.isEmpty else { return nil }
        return self.arguments(of: left, named: "untried")
    }

    /// The values of a statement over some of the deliveries.
    package func arguments(of deliveries: [ClaimedDelivery], named name: String) -> SQLArguments {
        [
            "endpoint": .text(self.endpointID), "claim": .text(self.id),
            name: .text(RowList.all(deliveries.map(\.json))),
        ]
    }
}

extension DeliveryAttempt {
    /// The try as JSON for the statement.
    fileprivate var json: String {
        var fields = JSONFields()
        fields.add("owner", self.delivery.userID)
        fields.add("event", self.delivery.eventID)
        fields.add("subject", self.delivery.subject)
        fields.add("status", self.status.rawValue)
        fields.add("wait", self.retryIn.inMilliseconds)
        fields.add("http", self.httpStatus)
        fields.add("error", self.error)
        fields.add("ms", self.took.inMilliseconds)
        let isDue = self.delivery.type == EventType.tokensRefundDue.rawValue
        fields.add("refund", isDue ? self.delivery.transactionID : nil)
        return fields.text
    }
}

extension ClaimedDelivery {
    /// The delivery's key as JSON for the statement.
    fileprivate var json: String {
        var fields = JSONFields()
        fields.add("owner", self.userID)
        fields.add("event", self.eventID)
        return fields.text
    }
}

extension DeliveryFilter {
    /// Whether the query may read rows that do not match: indices serve a job's deliveries, and those that are pending
    /// or dead.
    package var isWindowed: Bool {
        let isServed = self.jobID != nil || self.endpointID != nil && [.pending, .dead].contains(self.status)
        return self != DeliveryFilter() && !isServed
    }

    /// The values of ``WebhookStatements/deliveries(_:end:)`` and ``WebhookStatements/deliveriesWindowEnd``.
    package func arguments(after cursor: DeliveryCursor?, end: DeliveryCursor? = nil, limit: Int) -> SQLArguments {
        // Ids of events are hexadecimal, so all of them sort before a "g".
        [
            "event": .text(cursor?.eventID ?? "g"), "endpoint": .text(cursor?.endpointID ?? ""),
            "endEvent": SQLValue(end?.eventID), "endEndpoint": SQLValue(end?.endpointID),
            "ofEndpoint": SQLValue(self.endpointID), "job": SQLValue(self.jobID), "limit": .integer(limit),
            "window": .integer(Limits.window - 1),
        ]
    }
}

extension DeliveryCursor {
    package init(row: some StoredRow) throws {
        self.init(eventID: try row.text(required: "event_id"), endpointID: try row.text(required: "endpoint_id"))
    }
}

extension ReplaySelection {
    /// The values of ``WebhookStatements/replay(_:)``.
    package var arguments: SQLArguments {
        [
            "status": .text(self.status.rawValue), "endpoint": SQLValue(self.endpointID),
            "event": SQLValue(self.eventID),
            "first": SQLValue(self.since.map { RandomID.first(at: $0) }),
        ]
    }
}

extension EndpointHealth {
    /// The statements that update the endpoint.
    package var notes: [String] {
        switch self {
        case .healthy: [WebhookStatements.markHealthy]
        case .failing: [WebhookStatements.markFailing]
        case .unknown, .gone: []
        }
    }

    /// The statement that disables the endpoint, if necessary.
    package var disable: String? {
        switch self {
        case .healthy, .unknown: nil
        case .failing: WebhookStatements.disableAfterLongFailure
        case .gone: WebhookStatements.disable
        }
    }

    /// The values of ``notes`` and ``disable``.
    package func arguments(of endpointID: String) -> SQLArguments {
        let gracePeriod = WebhookEndpoint.gracePeriod
        var arguments: SQLArguments = [
            "endpoint": .text(endpointID), "gracePeriod": .integer(gracePeriod.inMilliseconds),
            "reason": .text("Every call has failed for \(gracePeriod.text)."),
        ]
        switch self {
        case .healthy, .unknown: break
        case .failing(let pause): arguments["pause"] = .integer(pause.inMilliseconds)
        case .gone(let reason): arguments["reason"] = .text(reason)
        }
        return arguments
    }
}
