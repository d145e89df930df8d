/// Keeps webhooks from reaching what is not meant for the public.
///
/// A check holds for one delivery: names can change their addresses at any time, so each attempt checks anew.
struct DestinationGuard: Sendable {
    /// Where webhooks may go.
    let policy: DestinationPolicy
    /// What finds the addresses of hosts.
    let resolver: any AddressResolver

    /// Makes a guard.
    init(policy: DestinationPolicy = DestinationPolicy(), resolver: any AddressResolver = SystemResolver()) {
        self.policy = policy
        self.resolver = resolver
    }

    /// Checks a URL and finds the one address to connect to.
    ///
    /// It throws ``RefusedDestination`` for what must not be called, and whatever the resolver throws.
    func check(_ url: String) async throws -> Destination {
        let url = try WebhookURL(url, policy: self.policy)
        switch url.host {
        case .address(let address): return Destination(url: url, address: address)
        case .name(let name): return Destination(url: url, address: try await self.resolve(name))
        }
    }

    private func resolve(_ name: String) async throws -> IPAddress {
        let addresses = try await self.resolver.addresses(of: name).map(\.canonical)
        guard let first = addresses.first(where: { $0.family == .ipv4 }) ?? addresses.first else {
            throw RefusedDestination("\(name) has no address; check the host name")
        }
        // One that is not allowed is enough: whoever mixes it in hopes that it will be the one taken.
        if let address = addresses.first(where: { !self.policy.allows($0) }) {
            throw RefusedDestination(
                """
                \(name) leads to an address that is not public; use a public host, or ask the operator to add the \
                network to WEBHOOK_ALLOW_CIDRS
                """,
                address: address
            )
        }
        return first
    }
}

/// Where a webhook goes, checked: the connection is to be made to this address, and to no other.
///
/// Resolving the host once more, when connecting or when following a redirect, would undo the check.
struct Destination: Hashable, Sendable {
    /// The URL, in its parts.
    let url: WebhookURL
    /// The one address to connect to.
    let address: IPAddress

    /// The text of the URL.
    var text: String { self.url.text }
    /// How to talk to the host.
    var scheme: WebhookURL.Scheme { self.url.scheme }
    /// The host that the request and the TLS handshake name.
    var host: WebhookHost { self.url.host }
    /// The port to connect to.
    var port: Int { self.url.port }
}

/// Where webhooks may go.
struct DestinationPolicy: Hashable, Sendable {
    /// Whether URLs may have the scheme http, where everybody on the way reads along.
    var allowsHTTP: Bool
    /// Networks that may be called though they are not public.
    var allowedNetworks: [CIDRBlock]

    /// Makes a policy; without arguments, only https, and only to public addresses.
    init(allowsHTTP: Bool = false, allowedNetworks: [CIDRBlock] = []) {
        self.allowsHTTP = allowsHTTP
        self.allowedNetworks = allowedNetworks
    }

    /// Whether a connection to an address is allowed.
    func allows(_ address: IPAddress) -> Bool {
        address.isPublic || self.allowedNetworks.contains { $0.contains(address) }
    }

    /// Whether a connection to a port is allowed.
    ///
    /// Below 1024 live services, such as mail, that may take the lines of a request for commands of their own.
    func allows(port: Int) -> Bool {
        port == 80 || port == 443 || 1024...65535 ~= port
    }
}

/// Tells that a webhook's URL must not be called.
struct RefusedDestination: Error, Hashable, CustomStringConvertible {
    /// What is wrong and what to do.
    ///
    /// For the caller who entered the URL. It holds no address that a resolver answered, which would let strangers
    /// map the names of an internal network, and nothing of the URL but a host that was checked.
    let message: String
    /// The address that a host name resolved to and that is not allowed; for the operator's log.
    let address: IPAddress?

    /// Refuses for a reason.
    init(_ message: String, address: IPAddress? = nil) {
        self.message = message
        self.address = address
    }

    /// What is wrong and what to do.
    var description: String { self.message }
}
