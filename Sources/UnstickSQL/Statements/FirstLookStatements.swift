/// The statements of first looks: jobs of a team's own tables that a run found stuck by the time of another program.
///
/// A run ends such a job when it finds it again, unchanged, one limit later by the database's clock: the clock of the
/// program may be hours off.
package enum FirstLookStatements {
    package static let table = NewTable(
        "unstick.first_looks",
        [
            .init("user_id", .id), .init("job_id", .id), .init("attempt", .integer), .init("source", .word),
            // The time that the age counts from, in microseconds: another one means that the row has changed.
            .init("since", .integer), .init("looked_at", .integer), .init("due_at", .integer),
        ],
        key: ["user_id", "job_id", "attempt", "source"],
        indexes: [.init("first_looks_due", ["source", "due_at"])]
    )

    /// When the next job may be ended, after `:after`.
    package static let nextDue = """
        SELECT due_at AS due FROM unstick.first_looks WHERE source = :source AND due_at > :after ORDER BY due_at LIMIT 1
        """

    /// A job that was not ended a week after its second look has changed.
    package static let prune = """
        DELETE FROM unstick.first_looks WHERE source = :source AND due_at < CAST(:now AS bigint) - 604800000
        """
}
