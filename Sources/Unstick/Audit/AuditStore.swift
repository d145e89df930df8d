/// The role of a store that keeps the audit log.
public protocol AuditStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// Writes the entry of a request.
    func begin(_ entry: AuditEntry) async throws

    /// Writes its outcome, once.
    func end(_ id: String, outcome: String) async throws

    /// Entries older than the entry `before`, newest first, at most `limit`.
    func auditEntries(_ filter: AuditFilter, before: String?, limit: Int) async throws -> Window<AuditEntry, String>
}

/// The conditions of a listing of entries.
///
/// An entry must meet all conditions that are set.
public struct AuditFilter: Hashable, Sendable {
    /// Only entries of this actor.
    public var who: String?
    /// Only this action.
    public var action: AuditAction?
    /// Only entries about this object.
    public var subject: String?

    /// Makes a filter; without conditions it shows every entry.
    public init(who: String? = nil, action: AuditAction? = nil, subject: String? = nil) {
        self.who = who
        self.action = action
        self.subject = subject
    }
}

extension AuditStore {
    /// Runs an action with an audit entry and records its outcome.
    ///
    /// - Parameters:
    ///   - act: the request.
    ///   - outcome: describes the outcome.
    ///   - body: the action.
    /// - Throws: what `body` throws; before `body` runs, what writing the entry throws.
    package func audited<Value>(
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
        // The action has happened, whether or not its outcome can be written.
        await self.finish(id, outcome: outcome(value).storable(inBytes: AuditEntry.longestText))
        return value
    }

    /// Writes the outcome, also when the task is cancelled.
    private func finish(_ id: String, outcome: String) async {
        await Task { try? await self.end(id, outcome: outcome) }.value
    }

    /// Writes the entry of something that has already happened.
    package func note(_ act: AuditRequest, outcome: String = AuditEntry.done) async throws {
        try await self.end(self.begin(act), outcome: outcome)
    }

    /// A mistyped argument may be a secret, and messages quote it.
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
