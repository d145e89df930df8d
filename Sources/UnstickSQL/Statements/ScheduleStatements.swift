/// The statements of the lease that elects who runs a tick.
package enum ScheduleStatements {
    package static let ensure = "INSERT INTO schedules (name) VALUES (:name) ON CONFLICT (name) DO NOTHING"

    package static let find = "SELECT last_due, holder, lease_until FROM schedules WHERE name = :name"

    /// A holder that asks again, not knowing whether it was heard, has what it had.
    package static let claim = """
        UPDATE schedules SET holder = :holder, lease_until = :now + :lease, last_due = coalesce(:due, last_due)
        WHERE name = :name AND (holder IS NULL OR holder = :holder OR lease_until <= :now)
            AND (CAST(:due AS BIGINT) IS NULL OR last_due IS NULL OR last_due < :due
                OR (last_due = :due AND holder = :holder))
        """

    /// Also when the lease has ended meanwhile: as long as nobody took it over, it is still the holder's.
    package static let renew = """
        UPDATE schedules SET lease_until = :now + :lease WHERE name = :name AND holder = :holder
        """

    package static let release = """
        UPDATE schedules SET holder = NULL, lease_until = NULL WHERE name = :name AND holder = :holder
        """
}
