/// The statements of the states of the alerts.
package enum AlertStatements {
    package static let list = """
        SELECT name, phase, since, firing_since, value, threshold, summary FROM unstick.alerts ORDER BY name
        """

    /// A missing row means an alert that was never checked.
    package static let ensure = """
        INSERT INTO unstick.alerts (name, phase, since, value, threshold, summary, updated_at)
        VALUES (:name, 'ok', 0, 0, 0, '', :now) ON CONFLICT (name) DO NOTHING
        """

    /// Writes the new state if the old one is unchanged.
    package static let write = """
        UPDATE unstick.alerts SET phase = :phase, since = :since, firing_since = :firingSince,
            value = CAST(:value AS double precision), threshold = CAST(:threshold AS double precision),
            summary = :summary, updated_at = :now
        WHERE name = :name AND phase = :oldPhase AND since = :oldSince
        """
}
