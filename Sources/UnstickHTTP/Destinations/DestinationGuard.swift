/// Prevents requests from reaching addresses that are not public.
///
/// A check holds for one request: names can change their addresses at any time, so each attempt checks again.
package struct DestinationGuard: Sendable {
    /// The allowed destinations.
    package let policy: DestinationPolicy
    /// Resolves hosts.
    package let resolver: any AddressResolver

    /// Makes a guard.
    package init(policy: DestinationPolicy = DestinationPolicy(), resolver: any AddressResolver = SystemResolver()) {
        self.policy = policy
        self.resolver = resolver
    }

    /// Checks a URL and returns the one address to connect to.
    ///
    /// It throws ``RefusedDestination`` for a URL that must not be called, and the errors of the resolver.
    package func check(_ url: String) async throws -> Destination {
        let url = try DestinationURL(url, policy: self.policy)
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
        // One address that is not allowed refuses the host, because an attacker may mix it in and hope that it is used.
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

/// A checked destination: the connection must use this address, and no other.
///
/// Resolving the host again, when connecting or following a redirect, would undo the check.
package struct Destination: Hashable, Sendable {
    /// The URL, in its parts.
    package let url: DestinationURL
    /// The one address to connect to.
    package let address: IPAddress

    /// The text of the URL.
    package var text: String { self.url.text }
    /// The scheme.
    package var scheme: DestinationURL.Scheme { self.url.scheme }
    /// The host in the request and the TLS handshake.
    package var host: DestinationHost { self.url.host }
    /// The port to connect to.
    package var port: Int { self.url.port }
}

/// The allowed destinations of requests.
package struct DestinationPolicy: Hashable, Sendable {
    /// Whether URLs may have the scheme http, where everyone on the network path can read the content.
    package var allowsHTTP: Bool
    /// Networks that may be called although they are not public.
    package var allowedNetworks: [CIDRBlock]

    /// Makes a policy; without arguments, only https, and only to public addresses.
    package init(allowsHTTP: Bool = false, allowedNetworks: [CIDRBlock] = []) {
        self.allowsHTTP = allowsHTTP
        self.allowedNetworks = allowedNetworks
    }

    /// Whether a connection to an address is allowed.
    package func allows(_ address: IPAddress) -> Bool {
        address.isPublic || self.allowedNetworks.contains { $0.contains(address) }
    }

    /// Whether a connection to a port is allowed.
    ///
    /// Ports below 1024 belong to services, such as mail, that may interpret the lines of a request as commands.
    package func allows(port: Int) -> Bool {
        port == 80 || port == 443 || 1024...65535 ~= port
    }
}

/// The error for a URL that must not be called.
package struct RefusedDestination: Error, Hashable, CustomStringConvertible {
    /// What is wrong and what to do.
    ///
    /// For the caller who entered the URL. It contains no resolved address, which would let strangers map the names of
    /// an internal network, and nothing of the URL but a checked host.
    package let message: String
    /// The address of a host name that is not allowed; for the operator's log.
    package let address: IPAddress?

    /// Makes the error.
    package init(_ message: String, address: IPAddress? = nil) {
        self.message = message
        self.address = address
    }

    /// What is wrong and what to do.
    package var description: String { self.message }
}
