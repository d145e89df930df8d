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
