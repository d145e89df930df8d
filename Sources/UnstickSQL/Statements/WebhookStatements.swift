package import Unstick

/// The statements of webhooks and their deliveries.
package enum WebhookStatements {
    private static let columns = """
        e.id, e.url, e.events, e.note, e.source, e.secret, e.previous_secret, e.previous_until, e.created_at,
            e.disabled_at, e.disabled_reason, e.failing_since
        """

    /// The endpoints with the numbers of their deliveries; the partial indices contain only what is counted.
    package static let list = """
        SELECT \(columns),
            (SELECT count(*) FROM unstick.webhook_deliveries AS d
                WHERE d.endpoint_id = e.id AND d.status = 'PENDING') AS waiting,
            (SELECT min(d.created_at) FROM unstick.webhook_deliveries AS d
                WHERE d.endpoint_id = e.id AND d.status = 'PENDING') AS oldest_waiting,
            (SELECT count(*) FROM unstick.webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.status = 'DEAD') AS dead
        FROM unstick.webhook_endpoints AS e ORDER BY e.created_at, e.id
        """

    package static let find = "SELECT \(columns) FROM unstick.webhook_endpoints AS e WHERE e.id = :id"

    package static let put = """
        INSERT INTO unstick.webhook_endpoints (id, url, events, note, source, secret, previous_secret, previous_until, created_at,
            disabled_at, disabled_reason, failing_since)
        VALUES (:id, :url, :events, :note, :source, :secret, :previousSecret, :previousUntil, :createdAt, :disabledAt,
            :disabledReason, :failingSince)
        ON CONFLICT (id) DO UPDATE SET url = excluded.url, events = excluded.events, note = excluded.note,
            source = excluded.source, secret = excluded.secret, previous_secret = excluded.previous_secret,
            previous_until = excluded.previous_until, disabled_at = excluded.disabled_at,
            disabled_reason = excluded.disabled_reason, failing_since = excluded.failing_since, resume_at = NULL
        """

    package static let unsubscribe = "DELETE FROM unstick.webhook_subscriptions WHERE endpoint_id = :id"

    package static let subscribe = """
        INSERT INTO unstick.webhook_subscriptions (type, endpoint_id) VALUES (:type, :id) ON CONFLICT DO NOTHING
        """

    package static let remove = "DELETE FROM unstick.webhook_endpoints WHERE id = :id"

    package static let removeDeliveries = "DELETE FROM unstick.webhook_deliveries WHERE endpoint_id = :id"

    /// The refunds due that a team's own billing has not confirmed, sent once more.
    static func askAgain(_ dialect: any SQLDialect) -> String {
        """
        INSERT INTO unstick.webhook_deliveries
            (user_id, event_id, endpoint_id, type, subject, run_id, position, created_at, status, attempts, next_at)
        SELECT i.user_id, \(EventStatements.eventID(dialect, type: "'tokens.'")),
            :id, '\(EventType.tokensRefundDue.rawValue)', i.job_id, i.run_id, i.position, r.created_at, 'PENDING', 0, :now
        FROM unstick.refunds AS r JOIN unstick.run_items AS i
            ON i.user_id = r.user_id AND i.job_id = r.job_id AND i.run_id = r.run_id
        WHERE r.asked_at IS NOT NULL AND r.confirmed_at IS NULL
        ON CONFLICT (user_id, event_id, endpoint_id) DO NOTHING
        """
    }

    /// Newest first, after the cursor; each condition only where it is set, so that its index serves.
    ///
    /// - Parameter end: whether the window ends at `:endEvent` and `:endEndpoint`.
    package static func deliveries(_ filter: DeliveryFilter, end: Bool) -> String {
        var conditions = [Self.afterCursor] + (end ? [Self.untilEnd] : [])
        if filter.endpointID != nil { conditions.append("d.endpoint_id = :ofEndpoint") }
        if let status = filter.status { conditions.append(Self.isOf(status, in: filter)) }
        if filter.jobID != nil { conditions.append("d.subject = :job") }
        return """
            SELECT d.event_id, d.endpoint_id, d.type, d.user_id, d.subject, d.created_at, d.status, d.attempts, d.next_at,
                d.last_status, d.last_error, d.last_ms, d.ended_at
            FROM unstick.webhook_deliveries AS d WHERE \(conditions.joined(separator: " AND "))
            ORDER BY d.event_id DESC, d.endpoint_id DESC LIMIT :limit
            """
    }

    private static let afterCursor = "d.event_id <= :event AND (d.event_id < :event OR d.endpoint_id < :endpoint)"

    private static let untilEnd =
        "d.event_id >= :endEvent AND (d.event_id > :endEvent OR d.endpoint_id >= :endEndpoint)"

    /// A literal where a partial index should serve it, and elsewhere written so that none does: it would be read
    /// whole.
    private static func isOf(_ status: WebhookDelivery.Status, in filter: DeliveryFilter) -> String {
        filter.isWindowed ? "coalesce(d.status, '') = '\(status.rawValue)'" : "d.status = '\(status.rawValue)'"
    }

    /// The last delivery of the window; none where fewer are left.
    package static let deliveriesWindowEnd = """
        SELECT d.event_id, d.endpoint_id FROM unstick.webhook_deliveries AS d WHERE \(afterCursor)
        ORDER BY d.event_id DESC, d.endpoint_id DESC LIMIT 1 OFFSET :window
        """

    package static func replay(_ selection: ReplaySelection) -> String {
        var conditions = ["status = :status"]
        if selection.endpointID != nil { conditions.append("endpoint_id = :endpoint") }
        if selection.eventID != nil { conditions.append("event_id = :event") }
        if selection.since != nil { conditions.append("event_id >= :first") }
        return """
            UPDATE unstick.webhook_deliveries SET status = 'PENDING', attempts = 0, next_at = :now, ended_at = NULL, claim = NULL
            WHERE \(conditions.joined(separator: " AND "))
            """
    }

    package static let due = """
        SELECT \(columns) FROM unstick.webhook_endpoints AS e
        WHERE e.disabled_at IS NULL AND coalesce(e.resume_at, 0) <= :now
            AND EXISTS (SELECT 1 FROM unstick.webhook_deliveries AS d
                WHERE d.endpoint_id = e.id AND d.status = 'PENDING' AND d.next_at <= :now)
        """

    /// The due deliveries to an endpoint, with their fields.
    ///
    /// A delivery waits until earlier ones about the same job have ended. Columns begin with those of a run item.
    /// Only the deliveries are locked: a locked item that is skipped would make an event without content. A delivery that
    /// is newer than the view of its event waits for the next claim.
    static func dueDeliveries(_ dialect: any SQLDialect) -> String {
        """
        SELECT \(RunStatements.itemColumns), \(RefundKey.ofItem) AS transaction_id,
            q.user_id AS owner, q.event_id, q.type, q.subject, q.run_id, q.created_at AS event_at, q.attempts,
            q.trace_parent, e.payload
        FROM (
            SELECT q.* FROM unstick.webhook_deliveries AS q
            WHERE q.endpoint_id = :endpoint AND q.status = 'PENDING' AND q.next_at <= :now
                AND NOT EXISTS (SELECT 1 FROM unstick.webhook_deliveries AS p
                    WHERE p.subject = q.subject AND p.endpoint_id = q.endpoint_id AND p.user_id = q.user_id
                        AND p.status = 'PENDING' AND p.event_id < q.event_id)
            ORDER BY q.next_at, q.event_id LIMIT :limit
            \(dialect.lockingFree("q"))
        ) AS q
        LEFT JOIN unstick.run_items AS i ON i.user_id = q.user_id AND i.run_id = q.run_id AND i.position = q.position
        LEFT JOIN unstick.events AS e ON q.run_id IS NULL AND e.user_id = q.user_id AND e.id = q.event_id
        WHERE i.run_id IS NOT NULL OR e.id IS NOT NULL
        """
    }

    /// Claims due deliveries.
    static func claim(_ dialect: any SQLDialect) -> String {
        dialect.update(
            deliveries,
            set: [("claim", ":claim"), ("next_at", ":now + :lease")],
            from: "(\(dialect.rows(of: ":deliveries", deliveryKey))) AS a",
            where: isDelivery
        )
    }

    private static let deliveries = (name: "unstick.webhook_deliveries", alias: "d")

    private static let isDelivery = "d.user_id = a.owner AND d.event_id = a.event AND d.endpoint_id = :endpoint"

    /// The columns that identify a delivery of an endpoint.
    private static let deliveryKey = [(name: "owner", isText: true), (name: "event", isText: true)]

    /// The outcome of each try, as rows `a`.
    private static func attempts(_ dialect: any SQLDialect) -> String {
        let columns = [
            ("owner", true), ("event", true), ("subject", true), ("status", true), ("wait", false), ("http", false),
            ("error", true), ("ms", false), ("refund", true),
        ]
        return "(\(dialect.rows(of: ":attempts", columns.map { (name: $0.0, isText: $0.1) }))) AS a"
    }

    /// Whether a delivery that is found by its key is still pending.
    ///
    /// Written so that the partial index of pending deliveries does not serve it: all of them would be read for each
    /// try.
    private static let isPending = "coalesce(d.status, '') = 'PENDING'"

    /// Writes the outcome of each try: an accepted delivery always counts, any other outcome only within the claim.
    package static func settle(_ dialect: any SQLDialect) -> String {
        dialect.update(
            deliveries,
            set: [
                ("status", "a.status"), ("attempts", "d.attempts + 1"), ("claim", "NULL"),
                ("next_at", ":now + a.wait"), ("last_status", "a.http"), ("last_error", "a.error"),
                ("last_ms", "a.ms"), ("ended_at", "CASE a.status WHEN 'PENDING' THEN NULL ELSE :now END"),
            ],
            from: attempts(dialect),
            where: "\(isDelivery) AND \(isPending) AND (d.claim = :claim OR a.status = 'DELIVERED')"
        )
    }

    /// Deliveries that must wait for a retried one need no check before it.
    package static func postpone(_ dialect: any SQLDialect) -> String {
        dialect.update(
            deliveries,
            set: [("next_at", ":now + a.wait")],
            from: attempts(dialect),
            where: """
                a.status = 'PENDING' AND d.subject = a.subject AND d.endpoint_id = :endpoint AND d.user_id = a.owner
                    AND \(isPending) AND d.event_id > a.event AND d.next_at < :now + a.wait
                """
        )
    }

    /// A team's own billing has made the refund.
    static func confirmRefunds(_ dialect: any SQLDialect) -> String {
        dialect.update(
            ("unstick.refunds", "r"),
            set: [("confirmed_at", ":now")],
            from: attempts(dialect),
            where: """
                a.status = 'DELIVERED' AND r.user_id = a.owner AND r.id = a.refund AND r.asked_at IS NOT NULL
                    AND r.confirmed_at IS NULL
                """
        )
    }

    /// Releases deliveries that were claimed and not tried.
    package static func release(_ dialect: any SQLDialect) -> String {
        dialect.update(
            deliveries,
            set: [("claim", "NULL"), ("next_at", ":now")],
            from: "(\(dialect.rows(of: ":untried", deliveryKey))) AS a",
            where: "\(isDelivery) AND d.claim = :claim AND \(isPending)"
        )
    }

    package static let markHealthy = """
        UPDATE unstick.webhook_endpoints SET failing_since = NULL, resume_at = NULL
        WHERE id = :endpoint AND (failing_since IS NOT NULL OR resume_at IS NOT NULL)
        """

    package static let markFailing = """
        UPDATE unstick.webhook_endpoints SET failing_since = coalesce(failing_since, :now), resume_at = :now + :pause
        WHERE id = :endpoint
        """

    package static let disable = """
        UPDATE unstick.webhook_endpoints SET disabled_at = :now, disabled_reason = :reason
        WHERE id = :endpoint AND disabled_at IS NULL
        """

    /// ``disable``, where every call has failed for too long and no refund waits for one that succeeds.
    package static let disableAfterLongFailure =
        disable + """
             AND failing_since <= :now - :gracePeriod AND NOT EXISTS (SELECT 1 FROM unstick.webhook_deliveries AS d
                WHERE d.endpoint_id = :endpoint AND d.status = 'PENDING' AND d.type = '\(EventType.tokensRefundDue.rawValue)')
            """

    /// A disabled endpoint receives no new events except those that refunds depend on.
    package static let unsubscribeDisabled = """
        DELETE FROM unstick.webhook_subscriptions
        WHERE endpoint_id = :endpoint AND type <> '\(EventType.tokensRefundDue.rawValue)'
        """

    /// Old events without pending deliveries.
    static func forgetEvents(_ dialect: any SQLDialect) -> String {
        dialect.delete(
            KeyedTable(name: "unstick.events", alias: "o", key: ["id"]),
            using: """
                (SELECT e.id FROM unstick.events AS e WHERE e.id < :first AND NOT EXISTS (
                    SELECT 1 FROM unstick.webhook_deliveries AS d WHERE d.event_id = e.id)
                ORDER BY e.id LIMIT :limit) AS w
                """,
            where: "o.id = w.id"
        )
    }

    /// Old finished deliveries.
    ///
    /// Also the others of an event to which one of them belongs, unless they are pending.
    static func forgetDeliveries(_ dialect: any SQLDialect) -> String {
        dialect.delete(
            KeyedTable(name: "unstick.webhook_deliveries", alias: "o", key: ["event_id", "endpoint_id"]),
            using: """
                (SELECT DISTINCT d.event_id FROM unstick.webhook_deliveries AS d
                WHERE d.event_id < :first AND d.status <> 'PENDING' ORDER BY d.event_id LIMIT :limit) AS w
                """,
            where: "o.event_id = w.event_id AND o.status <> 'PENDING'"
        )
    }
}
