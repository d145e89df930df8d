import Unstick

/// The statements of events.
package enum EventStatements {
    /// Once: a transaction that is repeated because its outcome is unknown sends nothing twice.
    package static let emit = """
        INSERT INTO unstick.events (id, type, user_id, subject, payload, created_at)
        VALUES (:id, :type, :user, :subject, :payload, :now)
        ON CONFLICT DO NOTHING
        """

    /// The deliveries of an event to its subscribers.
    package static let deliver = """
        INSERT INTO unstick.webhook_deliveries
            (user_id, event_id, endpoint_id, type, subject, created_at, status, attempts, next_at, trace_parent)
        SELECT :user, :id, s.endpoint_id, s.type, coalesce(:subject, :id), :now, 'PENDING', 0, :now, CAST(:trace AS text)
        FROM unstick.webhook_subscriptions AS s WHERE s.type = :type
        ON CONFLICT DO NOTHING
        """

    /// The deliveries of a run's batch to the subscribers.
    ///
    /// The item is the event of the job and of its refund: one item can mean two types.
    ///
    /// - Parameter refunds: the type of the event about a refund.
    static func deliverItems(_ dialect: any SQLDialect, refunds: EventType) -> String {
        """
        INSERT INTO unstick.webhook_deliveries
            (user_id, event_id, endpoint_id, type, subject, run_id, position, created_at, status, attempts, next_at,
            trace_parent)
        SELECT i.user_id, \(eventID(dialect, type: "s.type")), s.endpoint_id, s.type,
            i.job_id, i.run_id, i.position, :now, 'PENDING', 0, :now, CAST(:trace AS text)
        FROM unstick.run_items AS i CROSS JOIN unstick.webhook_subscriptions AS s
        WHERE EXISTS (SELECT 1 FROM unstick.webhook_subscriptions) AND \(ResolvedTables.inBatch)
            AND (s.type = \(itemType) OR (i.amount > 0 AND s.type = '\(refunds.rawValue)'))
        """
    }

    /// The id of the event of a run item `i`: it sorts by the run's time, and within the run by the item's place.
    static func eventID(_ dialect: any SQLDialect, type: String) -> String {
        "i.run_id || '-' || \(dialect.sortable("i.position")) || CASE WHEN \(type) LIKE 'tokens.%' THEN '-tokens' ELSE '' END"
    }

    /// The event type of an item.
    private static let itemType = """
        CASE i.action WHEN 'RETRIED' THEN '\(EventType.jobRetried.rawValue)'
            WHEN 'QUARANTINED' THEN '\(EventType.jobQuarantined.rawValue)'
            ELSE '\(EventType.jobTimedOut.rawValue)' END
        """
}
