/// The record of who did what.
public protocol AuditStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// Writes down what somebody asks for.
    func begin(_ entry: AuditEntry) async throws

    /// Writes down what came of it, once.
    func end(_ id: String, outcome: String) async throws

    /// Entries, newest first, at most `limit`, those older than the entry `before`.
    func auditEntries(_ filter: AuditFilter, before: String?, limit: Int) async throws -> Window<AuditEntry, String>
}

/// Which entries a listing shows.
///
/// Conditions that are set must all hold.
public struct AuditFilter: Hashable, Sendable {
    /// Only what this person did.
    public var who: String?
    /// Only this action.
    public var action: AuditAction?
    /// Only what was about this.
    public var subject: String?

    /// Makes a filter; without conditions it shows every entry.
    public init(who: String? = nil, action: AuditAction? = nil, subject: String? = nil) {
        self.who = who
        self.action = action
        self.subject = subject
    }
}

extension AuditStore {
    /// Does something with a record of who asked for it and what came of it.
    ///
    /// - Parameters:
    ///   - act: who asks for what.
    ///   - outcome: what came of it, in words.
    ///   - body: what is asked for.
    /// - Throws: what `body` throws; and what keeps the record from being written, before anything is done.
    public func audited<Value>(
        _ act: AuditRequest,
        outcome: (Value) -> String = { _ in AuditEntry.done },
        _ body: () async throws -> Value
    ) async throws -> Value {
        let id = try await self.begin(act)
        let value: Value
        do {
            value = try await body()
        } catch {
            let isStopped = error is CancellationError
            await self.finish(id, outcome: isStopped ? AuditEntry.stopped : "refused: \(Self.reason(error))")
            throw error
        }
        // What was done is done, whether or not its outcome can be written.
        await self.finish(id, outcome: outcome(value).storable(inBytes: AuditEntry.longestText))
        return value
    }

    /// Writes the outcome, also when the task is cancelled.
    private func finish(_ id: String, outcome: String) async {
        await Task { try? await self.end(id, outcome: outcome) }.value
    }

    /// Writes down what has happened already.
    public func note(_ act: AuditRequest, outcome: String = AuditEntry.done) async throws {
        try await self.end(self.begin(act), outcome: outcome)
    }

    /// What somebody typed wrong may be a secret of theirs, and messages quote it.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? UnstickError else { return "it could not be done" }
        let isTyped = [.invalidArgument, .invalidInput].contains(error.code)
        return isTyped ? error.code.rawValue : error.details.storable(inBytes: AuditEntry.longestText)
    }

    private func begin(_ act: AuditRequest) async throws -> String {
        let now = try await self.now()
        let id = RandomID.timeOrdered(at: now)
        try await self.begin(AuditEntry(id: id, at: now, act: act))
        return id
    }
}
