/// The statements of the lease that elects who runs a tick.
package enum ScheduleStatements {
    package static let ensure = "INSERT INTO unstick.schedules (name) VALUES (:name) ON CONFLICT (name) DO NOTHING"

    /// What is known of a schedule; a lease has lapsed when it ended and its holder never released it.
    ///
    /// A tick of the future was taken while the clock was wrong, and none that is due.
    package static let find = """
        SELECT CASE WHEN last_due <= :now THEN last_due END AS last_due, seen_at, next_due,
            CASE WHEN holder IS NOT NULL AND lease_until <= :now THEN lease_until END AS lapsed_at
        FROM unstick.schedules WHERE name = :name
        """

    /// No lease is this long, so that one that ends later was taken while the clock was wrong.
    private static let longestLease = 7_200_000

    /// A holder that asks again, not knowing whether it was heard, has what it had.
    ///
    /// What a clock that was ahead has left behind keeps nobody out: a lease that ends in years, a tick of the future.
    package static let claim = """
        UPDATE unstick.schedules SET holder = :holder, lease_until = :now + :lease, last_due = coalesce(:due, last_due)
        WHERE name = :name
            AND (holder IS NULL OR holder = :holder OR lease_until <= :now OR lease_until > :now + \(longestLease))
            AND (CAST(:due AS bigint) IS NULL OR last_due IS NULL OR last_due < :due OR last_due > :now
                OR (last_due = :due AND holder = :holder))
        """

    /// Also when the lease has ended meanwhile: as long as nobody took it over, it is still the holder's.
    package static let renew = """
        UPDATE unstick.schedules SET lease_until = :now + :lease WHERE name = :name AND holder = :holder
        """

    /// A scheduler is there, and knows when it runs next.
    package static let announce = """
        INSERT INTO unstick.schedules (name, seen_at, next_due) VALUES (:name, :now, :next)
        ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, next_due = excluded.next_due
        """

    package static let release = """
        UPDATE unstick.schedules SET holder = NULL, lease_until = NULL WHERE name = :name AND holder = :holder
        """
}
