/// A webhook's URL that is well-formed and as the policy wants it; where its host name leads is not checked yet.
///
/// It is read once, strictly, and the request is to be made from its parts: a second parser might read it otherwise.
struct WebhookURL: Hashable, Sendable {
    /// The schemes that a webhook may have.
    enum Scheme: String, Sendable {
        /// Without encryption.
        case http
        /// With TLS.
        case https

        /// The port that is meant when a URL has none.
        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// How many bytes a URL may have.
    static let maximumLength = 2000

    /// The text it was read from.
    let text: String
    /// How to talk to the host.
    let scheme: Scheme
    /// The host to talk to.
    let host: WebhookHost
    /// The port to connect to.
    let port: Int
    /// The path and the query, as the first line of a request has them.
    let target: String

    /// Reads a URL and checks it.
    init(_ text: String, policy: DestinationPolicy) throws(RefusedDestination) {
        try Self.checkCharacters(text)
        guard let colon = text.firstRange(of: "://") else {
            throw RefusedDestination("the URL is not absolute; write it in full, beginning with https://")
        }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        let (host, port) = try Self.split(authority)
        self.text = text
        self.scheme = try Self.scheme(text[..<colon.lowerBound], policy)
        self.host = try WebhookHost(host)
        self.port = try Self.port(port, self.scheme, policy)
        self.target = target.first == "/" ? String(target) : "/\(target)"
        if case .address(let address) = self.host, !policy.allows(address) {
            throw RefusedDestination(
                """
                \(address) is not a public address, it is \(address.specialPurpose ?? "not allowed"); use a public one, \
                or ask the operator to add its network to WEBHOOK_ALLOW_CIDRS
                """
            )
        }
    }

    /// What the Host header of a request says.
    var authority: String { self.port == self.scheme.defaultPort ? "\(self.host)" : "\(self.host):\(self.port)" }
}
