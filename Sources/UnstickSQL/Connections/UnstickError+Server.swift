package import Unstick

/// The errors of a store when its database server fails; the server's text is the cause.
extension UnstickError {
    /// The place of the database and its role go to the log only.
    private static let unreachable = "The database cannot be reached."

    package static func connectionLost(_ reason: String) -> UnstickError {
        UnstickError(.databaseUnavailable, "\(self.unreachable) The connection was lost.", cause: reason)
    }

    package static func serverUnreachable(_ reason: String) -> UnstickError {
        UnstickError(.databaseUnavailable, self.unreachable, cause: reason)
    }

    /// No part of the URL is named: parts of a password that is not encoded can be anywhere in it.
    ///
    /// - Parameters:
    ///   - form: the form of a URL.
    ///   - parameters: those that may follow it.
    package static func unreadableURL(_ form: String, parameters: String) -> UnstickError {
        UnstickError(
            .invalidArgument,
            "The database URL cannot be read. Write \(form), and percent-encode what is no letter or digit in the password; "
                + "\(parameters)."
        )
    }

    package static func serverBusy(_ cause: String) -> UnstickError {
        UnstickError(.databaseUnavailable, "\(self.unreachable) It cannot serve now.", cause: cause)
    }

    package static let statementTimedOut = UnstickError(
        .databaseUnavailable,
        "The database took too long, and the statement was cancelled. Try again."
    )

    package static let lockTimedOut = UnstickError(
        .lockTimeout,
        "Another transaction has held a lock for too long, and the wait timed out. Try again."
    )

    /// Every database refuses what PostgreSQL cannot store, so that all behave alike.
    package static let nulByte = UnstickError(
        .invalidArgument,
        "A text contains a NUL byte, which PostgreSQL cannot store. Remove it."
    )

    package static func serverDiskFull(_ cause: String) -> UnstickError {
        UnstickError(
            .databaseUnusable,
            "The database's disk is full. Free some space; nothing was changed.",
            cause: cause
        )
    }

    package static func valueOutOfRange(_ cause: String) -> UnstickError {
        UnstickError(
            .databaseRejected,
            "A value would be out of its range, for example a balance above \(Limits.tokens).",
            cause: cause
        )
    }

    /// - Parameter isAboutRow: whether it concerns the content of a row, so that other rows may succeed.
    package static func changeRefused(_ cause: String, isAboutRow: Bool) -> UnstickError {
        UnstickError(
            isAboutRow ? .databaseRejected : .databaseUnusable,
            "The database refused the change.",
            cause: cause
        )
    }
}
