/// The statements of the lease that decides which node runs a tick.
package enum ScheduleStatements {
    package static let ensure = "INSERT INTO unstick.schedules (name) VALUES (:name) ON CONFLICT (name) DO NOTHING"

    /// The state of a schedule; a lease has lapsed when it ended and its holder never released it.
    ///
    /// A tick in the future was taken while the clock was wrong, and does not count.
    package static let find = """
        SELECT CASE WHEN last_due <= :now THEN last_due END AS last_due, seen_at, next_due,
            CASE WHEN holder IS NOT NULL AND lease_until <= :now THEN lease_until END AS lapsed_at
        FROM unstick.schedules WHERE name = :name
        """

    /// No lease is this long, so a lease that ends later was taken while the clock was wrong.
    private static let longestLease = 7_200_000

    /// A holder that repeats its claim without an answer keeps what it has.
    ///
    /// What a clock that was ahead has left behind blocks no node: a lease that ends in years, a tick in the future.
    package static let claim = """
        UPDATE unstick.schedules SET holder = :holder, lease_until = :now + :lease, last_due = coalesce(:due, last_due)
        WHERE name = :name
            AND (holder IS NULL OR holder = :holder OR lease_until <= :now OR lease_until > :now + \(longestLease))
            AND (CAST(:due AS bigint) IS NULL OR last_due IS NULL OR last_due < :due OR last_due > :now
                OR (last_due = :due AND holder = :holder))
        """

    /// Also when the lease has ended: while no other node took it, it still belongs to the holder.
    package static let renew = """
        UPDATE unstick.schedules SET lease_until = :now + :lease WHERE name = :name AND holder = :holder
        """

    /// Stores that a scheduler is active, and its next run.
    package static let announce = """
        INSERT INTO unstick.schedules (name, seen_at, next_due) VALUES (:name, :now, :next)
        ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, next_due = excluded.next_due
        """

    package static let release = """
        UPDATE unstick.schedules SET holder = NULL, lease_until = NULL WHERE name = :name AND holder = :holder
        """
}
