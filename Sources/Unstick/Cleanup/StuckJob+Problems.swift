extension StuckJob {
    /// The problem of a job in a team's own table whose cost is not an amount of tokens.
    package static let badCost =
        "Its cost is not a whole number of tokens from 0 to \(Limits.tokens), so it cannot be refunded."

    /// The problem of a job in a team's own table with a time that is infinite or far out of range.
    package static let badTime =
        "A time in its row cannot be read: it is infinite or outside the years 1 to 9999. Correct the row, or the kind "
        + "of time in the mapping."

    /// The problem of a job whose user has no row in a team's own balances.
    package static let noBalance = "Its user has no balance, so it cannot be refunded."

    /// The problem of a job whose user's balance is NULL.
    package static let nullBalance =
        "The balance of its user is NULL, so nothing can be added to it. Set it, or set 'nullBalance: zero' in the mapping."

    /// The problem of a job whose user's balance another transaction has locked.
    package static let lockedBalance =
        "Another transaction has locked the balance of its user. The next run tries again."

    /// The problem of a job that may have been refunded before refunds had sources.
    package static let disputedKey =
        "A refund from before mappings had names may belong to this job or to another table. Name the owner: "
        + "'unstick migrate --old-keys-of NAME' ('unstick mapping list' shows the names)."
}

extension UnstickError {
    /// A job that did not change although it was updated.
    package init(vetoed jobID: String) {
        self.init(
            .databaseRejected,
            "The job '\(jobID)' does not have its new status after the change: a trigger or a rule of the database "
                + "replaces it. The job is unchanged, and nothing was refunded."
        )
    }
}
