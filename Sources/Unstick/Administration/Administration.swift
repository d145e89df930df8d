package import Logging

/// What administrators do: the one implementation behind the API, the page and the command line.
///
/// Each action is written to the audit log before it is done and completed with its outcome after, also when it throws or the
/// process must stop. The API, the admin UI and the command line read the request and write the answer.
package struct Administration: Sendable {
    package let store: any Store
    package let actor: Actor
    let cleaner: Cleaner
    let jobs: JobLifecycle
    let observer: RunObserver?

    /// - Parameters:
    ///   - store: the database.
    ///   - actor: who acts.
    ///   - policy: the rules in force, which decide what is cleaned and refunded.
    ///   - observer: notified of each run; a dry run is none.
    ///   - logger: the log of runs.
    package init(
        store: any Store,
        actor: Actor,
        policy: PolicySource = PolicySource(),
        observer: RunObserver? = nil,
        logger: Logger = Logger(label: "unstick.administration")
    ) {
        self.store = store
        self.actor = actor
        self.cleaner = Cleaner(store: store, policy: policy, logger: logger)
        self.jobs = JobLifecycle(store: store, policy: policy, actor: actor)
        self.observer = observer
    }

    /// Runs an action with its audit entry.
    ///
    /// For actions of a single database or program, such as a migration; everything else has a method of its own.
    ///
    /// - Parameters:
    ///   - subject: the job, user, webhook or other object of the action.
    ///   - subject: the job, user, webhook or other thing that it is done with.
    ///   - detail: the parameters, for people.
    ///   - outcome: describes the outcome.
    ///   - body: the action itself.
    /// - Throws: what `body` throws; before `body` runs, what writing the entry throws.
    package func perform<Value>(
        _ action: AuditAction,
        _ subject: String? = nil,
        detail: String? = nil,
        outcome: (Value) -> String = { _ in AuditEntry.done },
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await self.store.audited(self.actor.act(action, subject, detail: detail), outcome: outcome, body)
    }

    /// Writes the audit entry of something that has already happened.
    package func note(_ action: AuditAction, detail: String? = nil, outcome: String = AuditEntry.done) async throws {
        try await self.store.note(self.actor.act(action, detail: detail), outcome: outcome)
    }

    /// Reads the policy again and puts it into force.
    ///
    /// - Parameters:
    ///   - detail: what triggered it, where that is no request.
    ///   - reload: reads it.
    package func reloadPolicy<Value>(
        detail: String? = nil,
        _ reload: () async throws -> Value
    ) async throws -> Value {
        try await self.perform(.reloadPolicy, detail: detail, reload)
    }
}
