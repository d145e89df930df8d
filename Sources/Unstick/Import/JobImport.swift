/// Imports many jobs at once, from a file or another system.
///
/// Rows are first staged outside the tables; nothing is visible until ``JobImport/commit(progress:)``. An import that
/// is dropped before leaves nothing behind.
public protocol JobImport: Sendable {
    /// Stages rows. Of several rows with the same id the first is staged.
    ///
    /// - Returns: the other rows, in their order.
    func stage(_ rows: [ImportRow]) async throws -> [RepeatedRow]

    /// Books the staged jobs: one opening `ADJUSTMENT` per user that pays for the new jobs, a `SPEND` per charged job.
    /// Jobs whose id is known do not change, so a repeated import is harmless. When the task is cancelled, the current
    /// group finishes, and the summary has the number of jobs that are left.
    func commit(progress: @Sendable (_ done: Int, _ total: Int) -> Void) async throws -> ImportSummary

    /// Removes the staged rows.
    func discard() async throws
}

/// A row of an import.
public struct ImportRow: Hashable, Sendable {
    /// Its place in the input, counted from 1.
    public var line: Int
    /// The job in this row.
    public var job: Job

    /// Makes a row.
    public init(line: Int, job: Job) {
        self.line = line
        self.job = job
    }
}

/// A row whose id an earlier row has.
public struct RepeatedRow: Hashable, Sendable {
    /// The id.
    public var id: String
    /// Its place in the input.
    public var line: Int
    /// The place of the earlier row.
    public var firstLine: Int

    /// Makes the repeated row.
    public init(id: String, line: Int, firstLine: Int) {
        self.id = id
        self.line = line
        self.firstLine = firstLine
    }
}

extension JobImport {
    /// Stages jobs that do not come from a file.
    ///
    /// - Parameters:
    ///   - jobs: the jobs.
    ///   - line: the line number of the first job.
    @discardableResult
    public func stage(_ jobs: [Job], from line: Int = 1) async throws -> [RepeatedRow] {
        try await self.stage(jobs.enumerated().map { ImportRow(line: line + $0, job: $1) })
    }
}

/// The outcome of an import.
public struct ImportSummary: Hashable, Sendable {
    /// Jobs that are new.
    public var imported: Int
    /// Jobs whose id was already stored.
    public var alreadyThere: Int
    /// Users of the new jobs.
    public var users: Int
    /// Tokens charged for the new jobs.
    public var tokensCharged: Int
    /// Jobs that were not booked because the import was stopped.
    public var left: Int

    /// Makes a summary.
    public init(imported: Int = 0, alreadyThere: Int = 0, users: Int = 0, tokensCharged: Int = 0, left: Int = 0) {
        self.imported = imported
        self.alreadyThere = alreadyThere
        self.users = users
        self.tokensCharged = tokensCharged
        self.left = left
    }
}

extension JobImport {
    /// Books one group of users after the other, and stops between two groups when the task is cancelled.
    ///
    /// - Parameter group: books the users after one; returns what it did and the last of them, `nil` at the end.
    package func commitGroups(
        of total: Int,
        progress: @Sendable (_ done: Int, _ total: Int) -> Void,
        group: @Sendable @escaping (_ after: String) async throws -> (ImportSummary, last: String)?
    ) async throws -> ImportSummary {
        var summary = ImportSummary()
        var after = ""
        // Cancellation must not interrupt a group.
        while !Task.isCancelled,
            let (booked, last) = try await Task(operation: { [after] in try await group(after) }).value
        {
            summary.add(booked)
            after = last
            progress(summary.imported + summary.alreadyThere, total)
        }
        summary.left = max(total - summary.imported - summary.alreadyThere, 0)
        try await Task { try await self.discard() }.value
        return summary
    }
}

extension ImportSummary {
    /// Adds the numbers of a group of users.
    package mutating func add(_ group: ImportSummary) {
        self.imported += group.imported
        self.alreadyThere += group.alreadyThere
        self.users += group.users
        self.tokensCharged += group.tokensCharged
    }

    /// The error for a user whose jobs together cost more than a balance can hold.
    package static func overcharged(_ user: String) -> UnstickError {
        UnstickError(
            .invalidInput,
            "The jobs of '\(user)' cost more than \(Limits.tokens) tokens in total. Nothing was imported."
        )
    }
}

/// A store that many jobs can be imported into.
public protocol ImportStore: Sendable {
    /// Starts an import. One at a time for each store object.
    func beginImport() async throws -> any JobImport
}
