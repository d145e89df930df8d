/// The statements of what others are told.
package enum EventStatements {
    /// Once: a transaction that is run again, because nobody knows what became of it, tells nothing twice.
    package static let emit = """
        INSERT INTO events (id, type, user_id, payload, created_at) VALUES (:id, :type, :user, :payload, :now)
        ON CONFLICT DO NOTHING
        """
}
