/// What somebody asked for, and what came of it.
///
/// It is written before the act and completed after it, so that nothing is done without a record; one without an outcome
/// goes on, or was cut short.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    /// Its id; ids sort by time.
    public var id: String
    /// When it was asked for, by the database's clock.
    public var at: Timestamp
    /// Who asked for what.
    public var act: AuditRequest
    /// What came of it; `nil` while it goes on, and where it was cut short.
    public var outcome: String?

    /// The outcome of what went as it should.
    public static let done = "done"
    /// The outcome when a signal stopped the act, or the caller disconnected.
    public static let stopped = "stopped before it was done"
    /// The longest detail and the longest outcome, in bytes of UTF-8.
    package static let longestText = 2000

    /// Makes an entry from its stored facts.
    public init(id: String, at: Timestamp, act: AuditRequest, outcome: String? = nil) {
        self.id = id
        self.at = at
        self.act = act
        self.outcome = outcome
    }
}

/// Who asks for what, and over which channel.
public struct AuditRequest: Hashable, Sendable {
    /// The channel of a request.
    public enum Channel: String, Sendable, Codable, CaseIterable {
        /// The page.
        case page
        /// The HTTP API.
        case api
        /// The command line.
        case cli
    }

    /// Who asks.
    public var who: String
    /// What they may do; `nil` for one who was not let in, and on the command line.
    public var role: Role?
    /// The channel.
    public var door: Channel
    /// The address they call from, where it is known.
    public var address: String?
    /// What they ask for.
    public var action: AuditAction
    /// What it is about: a job, a user, an endpoint.
    public var subject: String?
    /// The facts, in words; longer ones are cut.
    public var detail: String?

    /// Makes an act.
    public init(
        who: String,
        role: Role?,
        door: Channel,
        address: String? = nil,
        action: AuditAction,
        subject: String? = nil,
        detail: String? = nil
    ) {
        self.who = who
        self.role = role
        self.door = door
        self.address = address
        self.action = action
        self.subject = subject
        self.detail = detail.map { $0.storable(inBytes: AuditEntry.longestText) }
    }
}
