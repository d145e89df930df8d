/// Who acts, and through which channel.
///
/// Every audit entry, every ledger line that an administrator causes, and the timeline of a job carry it.
package struct Actor: Hashable, Sendable, CustomStringConvertible {
    /// The name of the API key or signed-in user; on the command line `cli:` and the user of the operating system.
    package var name: String
    /// The person for whom the actor says to act; stored beside the name, never in its place.
    package var onBehalfOf: String?
    /// The rights of the actor; `nil` on the command line, and for a caller who was not let in.
    package var role: Role?
    /// The channel: page, API or command line.
    package var channel: AuditRequest.Channel
    /// The address of the caller, where it is known.
    package var address: String?

    package init(
        name: String,
        onBehalfOf: String? = nil,
        role: Role? = nil,
        channel: AuditRequest.Channel,
        address: String? = nil
    ) {
        self.name = name
        self.onBehalfOf = onBehalfOf
        self.role = role
        self.channel = channel
        self.address = address
    }

    /// The name, and on whose behalf.
    package var description: String { Self.description(name: self.name, onBehalfOf: self.onBehalfOf) }

    /// The same for an actor of whom only these are stored.
    package static func description(name: String, onBehalfOf: String?) -> String {
        name + (onBehalfOf.map { " \(Self.behalf(of: $0))" } ?? "")
    }

    private static func behalf(of name: String) -> String { "on behalf of \(name)" }

    /// The reason of a change for which the actor gave none.
    var request: String { "Asked for by \(self)" }

    /// The audit entry of a request.
    ///
    /// The detail begins with the person behind the request, so that cutting a long detail does not remove it.
    func act(_ action: AuditAction, _ subject: String? = nil, detail: String? = nil) -> AuditRequest {
        let parts = [self.onBehalfOf.map(Self.behalf), detail].compactMap { $0 }
        return AuditRequest(
            who: self.name,
            role: self.role,
            channel: self.channel,
            address: self.address,
            action: action,
            subject: subject,
            detail: parts.isEmpty ? nil : parts.filter { !$0.isEmpty }.joined(separator: ": ")
        )
    }
}
