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
