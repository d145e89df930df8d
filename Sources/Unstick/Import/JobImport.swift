/// A way into the store for many jobs at once, from a file or another system.
///
/// Rows are staged first, outside the tables; nothing is visible until ``JobImport/commit(progress:)``. An import that is
/// dropped without it leaves nothing behind.
public protocol JobImport: Sendable {
    /// Stages rows. Of several with the same id the first counts.
    ///
    /// - Returns: how many were staged.
    func stage(_ jobs: [Job]) async throws -> Int

    /// Books the staged jobs: an opening `ADJUSTMENT` per user that pays for what is new, a `SPEND` per charged job.
    /// Jobs whose id is known are left alone, so running it again is harmless.
    func commit(progress: @Sendable (_ done: Int, _ total: Int) -> Void) async throws -> ImportSummary

    /// Drops what was staged.
    func discard() async throws
}

/// What an import did.
public struct ImportSummary: Hashable, Sendable {
    /// Jobs that are new.
    public var imported: Int
    /// Jobs whose id was there already, in the store or earlier in the input.
    public var alreadyThere: Int
    /// Users that the new jobs belong to.
    public var users: Int
    /// Tokens charged for the new jobs.
    public var tokensCharged: Int

    /// Makes a summary.
    public init(imported: Int = 0, alreadyThere: Int = 0, users: Int = 0, tokensCharged: Int = 0) {
        self.imported = imported
        self.alreadyThere = alreadyThere
        self.users = users
        self.tokensCharged = tokensCharged
    }
}

extension ImportSummary {
    /// Counts a group of users in.
    package mutating func add(_ group: ImportSummary) {
        self.imported += group.imported
        self.alreadyThere += group.alreadyThere
        self.users += group.users
        self.tokensCharged += group.tokensCharged
    }

    /// What is said of a user whose jobs together cost more than a balance can hold.
    package static func overcharged(_ user: String) -> UnstickError {
        UnstickError(
            .invalidInput,
            "The jobs of '\(user)' cost more than \(Limits.tokens) tokens together. Nothing was imported."
        )
    }
}

/// A store that many jobs can be brought into.
public protocol ImportStore: Sendable {
    /// Starts an import. One at a time for each store object.
    func beginImport() async throws -> any JobImport
}
