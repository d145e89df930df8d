/// A recorded request and its outcome.
///
/// The entry is written before the action and completed after it, so that nothing is done without a record. An entry
/// without an outcome is in progress, or was interrupted.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    /// Its id; ids sort by time.
    public var id: String
    /// When it was asked for, by the database's clock.
    public var at: Timestamp
    /// The actor and the request.
    public var act: AuditRequest
    /// The outcome; `nil` while the action is in progress, and where it was interrupted.
    public var outcome: String?

    /// The outcome of a successful action.
    package static let done = "done"
    /// The outcome when a signal stopped the action, or the caller disconnected.
    package static let stopped = "stopped before it was done"
    /// The longest detail and the longest outcome, in bytes of UTF-8.
    package static let longestText = 2000

    /// Makes an entry from its stored fields.
    public init(id: String, at: Timestamp, act: AuditRequest, outcome: String? = nil) {
        self.id = id
        self.at = at
        self.act = act
        self.outcome = outcome
    }
}

/// The actor of a request, the action, and the channel.
public struct AuditRequest: Hashable, Sendable {
    /// The channel of a request.
    public enum Channel: String, Sendable, Codable, CaseIterable {
        /// The admin UI.
        case page
        /// The HTTP API.
        case api
        /// The command line.
        case cli
    }

    /// The name of the actor.
    public var who: String
    /// The role of the actor; `nil` for a refused caller, and on the command line.
    public var role: Role?
    /// The channel.
    public var channel: Channel
    /// The address of the caller, where it is known.
    public var address: String?
    /// The action.
    public var action: AuditAction
    /// The object of the action: a job, a user, an endpoint.
    public var subject: String?
    /// The parameters, for people; longer ones are cut.
    public var detail: String?

    /// Makes a request.
    public init(
        who: String,
        role: Role?,
        channel: Channel,
        address: String? = nil,
        action: AuditAction,
        subject: String? = nil,
        detail: String? = nil
    ) {
        self.who = who
        self.role = role
        self.channel = channel
        self.address = address
        self.action = action
        self.subject = subject
        self.detail = detail.map { $0.storable(inBytes: AuditEntry.longestText) }
    }
}
