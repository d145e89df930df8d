import Unstick

/// The statements of what others are told.
package enum EventStatements {
    /// Once: a transaction that is run again, because nobody knows what became of it, tells nothing twice.
    package static let emit = """
        INSERT INTO events (id, type, user_id, subject, payload, created_at)
        VALUES (:id, :type, :user, :subject, :payload, :now)
        ON CONFLICT DO NOTHING
        """

    /// The event on its way to whoever wants to know of it.
    package static let deliver = """
        INSERT INTO webhook_deliveries
            (user_id, event_id, endpoint_id, type, subject, created_at, status, attempts, next_at, trace_parent)
        SELECT :user, :id, s.endpoint_id, s.type, coalesce(:subject, :id), :now, 'PENDING', 0, :now, CAST(:trace AS text)
        FROM webhook_subscriptions AS s WHERE s.type = :type
        ON CONFLICT DO NOTHING
        """

    package static let hasSubscriptions = "SELECT EXISTS (SELECT 1 FROM webhook_subscriptions)"

    /// What a pass did with its batch, on its way to whoever wants to know of it.
    ///
    /// The item is the event, and so is what was given back for it: one `i` can mean two types.
    ///
    /// - Parameters:
    ///   - schema: the schema of the tables, with a full stop, or nothing.
    ///   - items: the batch, as `i`, with its condition.
    ///   - run: the run's id.
    ///   - position: the item's place in the run.
    ///   - refunds: what is told of what was given back.
    static func deliverItems(
        _ dialect: SQLDialect,
        schema: String,
        from items: (relation: String, condition: String),
        run: String,
        position: String,
        refunds: EventType
    ) -> String {
        """
        INSERT INTO \(schema)webhook_deliveries
            (user_id, event_id, endpoint_id, type, subject, run_id, position, created_at, status, attempts, next_at,
            trace_parent)
        SELECT i.user_id, \(eventID(dialect, run: run, position: position, type: "s.type")), s.endpoint_id, s.type,
            i.job_id, \(run), \(position), :now, 'PENDING', 0, :now, CAST(:trace AS text)
        FROM \(items.relation) AS i CROSS JOIN \(schema)webhook_subscriptions AS s
        WHERE EXISTS (SELECT 1 FROM \(schema)webhook_subscriptions) AND \(items.condition)
            AND (s.type = \(itemType) OR (i.amount > 0 AND s.type = '\(refunds.rawValue)'))
        """
    }

    /// The id of what a run item tells: it sorts by the run's time, and within the run by the item's place.
    static func eventID(_ dialect: SQLDialect, run: String, position: String, type: String) -> String {
        "\(run) || '-' || \(dialect.sortable(position)) || CASE WHEN \(type) LIKE 'tokens.%' THEN '-tokens' ELSE '' END"
    }

    /// What an item is told as.
    private static let itemType = """
        CASE i.action WHEN 'RETRIED' THEN '\(EventType.jobRetried.rawValue)'
            WHEN 'QUARANTINED' THEN '\(EventType.jobQuarantined.rawValue)'
            ELSE '\(EventType.jobTimedOut.rawValue)' END
        """
}
