/// The statements of what others are told.
package enum EventStatements {
    package static let emit = """
        INSERT INTO events (id, type, user_id, payload, created_at) VALUES (:id, :type, :user, :payload, :now)
        """
}
