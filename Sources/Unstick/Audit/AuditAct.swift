/// Who asks for what, and how they came in.
public struct AuditAct: Hashable, Sendable {
    /// How somebody came in.
    public enum Door: String, Sendable, Codable, CaseIterable {
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
    /// How they came in.
    public var door: Door
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
        door: Door,
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
