import Unstick

/// The statements of the pause; the only pause has a fixed name.
package enum PauseStatements {
    package static let pause = """
        INSERT INTO unstick.pauses (name, paused_until, paused_by) VALUES ('cleanup', :now + :duration, :by)
        ON CONFLICT (name) DO UPDATE SET paused_until = excluded.paused_until, paused_by = excluded.paused_by
        """

    /// A pause that is longer than the longest was made while the clock was ahead.
    package static let current = """
        SELECT paused_until, paused_by FROM unstick.pauses
        WHERE paused_until > :now AND paused_until <= :now + \(Pause.longest.inMilliseconds)
        """

    package static let resume = "DELETE FROM unstick.pauses WHERE paused_until > :now"
}
